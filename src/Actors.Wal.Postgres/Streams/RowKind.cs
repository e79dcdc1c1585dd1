namespace Actors.Wal.Postgres.Streams;

/// <summary>The kind of a row. The tables contain these numbers.</summary>
internal enum RowKind : short
{
    /// <summary>Events; the count of the row is their number.</summary>
    Events = 0,

    /// <summary>A change of owner.</summary>
    Fence = 1,

    /// <summary>A state record, which counts as an event.</summary>
    State = 2,

    /// <summary>Events before its first sequence were dropped.</summary>
    Truncation = 3,

    /// <summary>The stream was deleted; nothing comes after it.</summary>
    Tombstone = 4,

    /// <summary>A checkpoint.</summary>
    Checkpoint = 5,
}
