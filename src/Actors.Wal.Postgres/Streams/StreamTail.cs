namespace Actors.Wal.Postgres.Streams;

/// <summary>The end of a stream's chain of rows, with what the next row needs.</summary>
/// <param name="Seq">The next event's sequence.</param>
/// <param name="Sub">The next row's number among the rows with that sequence.</param>
/// <param name="Last">The position of the last row.</param>
/// <param name="First">The first sequence that the stream keeps.</param>
/// <param name="Checkpoint">The last checkpoint's sequence; null without one.</param>
/// <param name="Base">The row that holds the last checkpoint or state; null without one.</param>
internal readonly record struct StreamTail(long Seq, int Sub, RowKey Last, long First, long? Checkpoint, RowKey? Base)
{
    public Sequence Head => new(Seq - 1);

    /// <summary>Whether the stream has neither an event nor a checkpoint. Readers do not find such a stream.</summary>
    public bool IsEmpty => Head == Sequence.Zero && Base is null;

    public RowKey Next => new(Seq, Sub);

    /// <summary>The tail behind a next row with events.</summary>
    public StreamTail AfterEvents(int count) => this with { Seq = Seq + count, Sub = 0, Last = Next };

    /// <summary>The tail behind a next row with a state record, which is an event and a checkpoint.</summary>
    public StreamTail AfterState(long first) => new(Seq + 1, 0, Next, first, Seq, Next);

    /// <summary>The tail behind a next row with a checkpoint.</summary>
    public StreamTail AfterCheckpoint(long sequence, long first) => AfterMark(first) with { Checkpoint = sequence, Base = Next };

    /// <summary>The tail behind a next row that has no sequence, such as a fence or a truncation. The row after it begins at the same one.</summary>
    public StreamTail AfterMark(long first) => this with { Sub = Sub + 1, Last = Next, First = first };
}

/// <summary>A row's position in its stream.</summary>
internal readonly record struct RowKey(long Seq, int Sub);
