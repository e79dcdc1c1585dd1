using Actors.Wal.Format;

namespace Actors.Wal.Copying;

/// <summary>The clock of a store that takes records of another one: it shows the time of the record that is written.</summary>
internal sealed class RecordTime(long firstMicros) : TimeProvider
{
    public long Micros { get; set; } = firstMicros;

    public override DateTimeOffset GetUtcNow() => UnixMicros.ToTime(Micros);

    /// <summary>Nothing becomes due while a store is written.</summary>
    public override long GetTimestamp() => 0;
}
