using Actors.Wal.Format;

namespace Actors.Wal.Clocks;

/// <summary>The clock of a store that gets the records of another one. It shows the time of the record that is being written.</summary>
internal sealed class RecordTime(long firstMicros) : TimeProvider
{
    public long Micros { get; set; } = firstMicros;

    public override DateTimeOffset GetUtcNow() => UnixMicros.ToTime(Micros);

    /// <summary>Returns a constant, because nothing becomes due while a store is written.</summary>
    public override long GetTimestamp() => 0;
}
