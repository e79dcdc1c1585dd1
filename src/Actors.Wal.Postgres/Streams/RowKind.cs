namespace Actors.Wal.Postgres.Streams;

/// <summary>What a row of a stream is; the numbers are in the tables.</summary>
internal enum RowKind : short
{
    /// <summary>Events, as many as its count says.</summary>
    Events = 0,

    /// <summary>A change of owner.</summary>
    Fence = 1,

    /// <summary>A state that is itself an event.</summary>
    State = 2,

    /// <summary>Events before its first sequence were dropped.</summary>
    Truncation = 3,

    /// <summary>The stream was deleted; nothing comes after it.</summary>
    Tombstone = 4,

    /// <summary>A checkpoint.</summary>
    Checkpoint = 5,
}
