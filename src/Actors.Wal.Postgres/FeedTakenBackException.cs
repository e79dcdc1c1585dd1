namespace Actors.Wal.Postgres;

/// <summary>
/// A follower of the change feed has read records that are not in the store any more, because an older dump or backup was restored. Events
/// may have the sequences of those records now. What the follower made of them must be made anew.
/// </summary>
public sealed class FeedTakenBackException : LogStoreException
{
    internal FeedTakenBackException(string schema, Lsn from, Lsn last)
        : base($"The change feed of schema '{schema}' can't be followed from LSN {from}: records before it were taken back when an older dump or backup was restored. "
            + $"What was restored ends before LSN {last}. Drop what was made of later records and follow from there, or begin anew.")
        => RestoredTo = last;

    /// <summary>The end of what was restored. Records before it are still in the store, and new records have greater LSNs.</summary>
    public Lsn RestoredTo { get; }
}
