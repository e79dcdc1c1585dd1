using Actors.Wal;

namespace Actors.Orleans.Streams;

/// <summary>The ids of a grain's streams: <c>type/key/name</c>. Neither type nor name has a slash, so the key may have one.</summary>
internal static class StreamNames
{
    public static LogStreamId Of(GrainId grain, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name.Contains('/', StringComparison.Ordinal)
            ? throw new ArgumentException($"'{name}' has a '/'; the name of a grain's log or state must not.", nameof(name))
            : new LogStreamId($"{grain}/{name}");
    }

    /// <summary>Returns the name of the log or state that a stream holds.</summary>
    public static string NameOf(LogStreamId stream) => stream.Value[(stream.Value.LastIndexOf('/') + 1)..];
}
