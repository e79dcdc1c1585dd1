using Actors.Wal.Inspection;

namespace Actors.Wal.Tests.Salvage;

/// <summary>All that a reader of a stream sees, but for LSNs and epochs.</summary>
internal sealed record StreamDump(long First, long Head, long? Checkpoint, string Events, string Replay)
{
    /// <summary>All streams of a store.</summary>
    public static Dictionary<string, StreamDump> Of(string directory)
    {
        using var log = ReadOnlyLog.Open(directory, readAll: true);
        return log.List("").ToDictionary(s => s.Id.Value, s => new StreamDump(
            s.First.Value, s.Head.Value, s.Checkpoint?.Value, Text(log.Read(s.Id, new Sequence(1), s.Head)), Text(log.Replay(s.Id))));
    }

    public override string ToString() => $"{First}-{Head}, checkpoint {Checkpoint}";

    private static string Text(IEnumerable<LogRecord> records)
        => string.Join('\n', records.Select(r => $"{r.Kind} {r.Sequence} {r.Time:O} {r.Codec} {Convert.ToHexString(r.Payload.Span)}"));
}
