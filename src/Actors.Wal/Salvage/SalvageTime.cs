using Actors.Wal.Format;

namespace Actors.Wal.Salvage;

/// <summary>The clock of a store that is being salvaged: it shows the time of the record that is written.</summary>
internal sealed class SalvageTime(long firstMicros) : TimeProvider
{
    public long Micros { get; set; } = firstMicros;

    public override DateTimeOffset GetUtcNow() => UnixMicros.ToTime(Micros);

    /// <summary>Nothing becomes due while a store is written.</summary>
    public override long GetTimestamp() => 0;
}
