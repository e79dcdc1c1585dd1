namespace Actors.Wal.Postgres.Streams;

/// <summary>Where a stream's chain of rows ends, and what is needed to go on with it.</summary>
/// <param name="Seq">The next event's sequence.</param>
/// <param name="Sub">The next row's place among those that begin there.</param>
/// <param name="Last">The last row, behind which that place is.</param>
/// <param name="First">The first sequence that is kept.</param>
/// <param name="Checkpoint">The last checkpoint's sequence; null without one.</param>
/// <param name="Base">The row that holds the last checkpoint or state; null without one.</param>
internal readonly record struct StreamTail(long Seq, int Sub, RowKey Last, long First, long? Checkpoint, RowKey? Base)
{
    public Sequence Head => new(Seq - 1);

    /// <summary>Whether the stream has neither an event nor a state: nobody but its owner knows it.</summary>
    public bool IsEmpty => Head == Sequence.Zero && Base is null;

    public RowKey Next => new(Seq, Sub);
}

/// <summary>A row's place in its stream.</summary>
internal readonly record struct RowKey(long Seq, int Sub);
