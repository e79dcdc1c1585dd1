using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

/// <summary>A row on its way into the log.</summary>
/// <param name="Stream">Its stream.</param>
/// <param name="Key">Its place.</param>
/// <param name="Kind">What it is.</param>
/// <param name="First">The first sequence that is kept, with this row.</param>
/// <param name="Checkpoint">Where the last checkpoint stands, with this row.</param>
/// <param name="Base">The last checkpoint's or state's row before this one.</param>
internal sealed record Row(OwnedStream Stream, RowKey Key, RowKind Kind, long First, long? Checkpoint, RowKey? Base)
{
    /// <summary>The events, the state or the checkpoint.</summary>
    public List<EventData> Events { get; } = [];

    /// <summary>How many sequences it takes.</summary>
    public int Count => Kind is RowKind.Events or RowKind.State ? Events.Count : 0;

    /// <summary>How many records of the change feed it is.</summary>
    public int Records => Math.Max(Count, 1);

    /// <summary>How many records of the commit come before it.</summary>
    public int Ordinal { get; set; }
}
