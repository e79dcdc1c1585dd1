using Actors.Wal;

namespace Actors.Orleans.GrainLogs;

/// <summary>A grain's streams: <c>type/key/name</c>. Neither type nor name has a slash, so the key may.</summary>
internal static class StreamNames
{
    public static StreamId Of(GrainId grain, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name.Contains('/', StringComparison.Ordinal)
            ? throw new ArgumentException($"'{name}' has a '/'; the name of a grain's log or state must not.", nameof(name))
            : new StreamId($"{grain}/{name}");
    }

    /// <summary>The name of the log or state that a stream is.</summary>
    public static string NameOf(StreamId stream) => stream.Value[(stream.Value.LastIndexOf('/') + 1)..];
}
