using Actors.Wal.Commit;
using Actors.Wal.Compaction;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Segments;
using Actors.Wal.Streams;

namespace Actors.Wal.Local;

/// <summary>The parts of an open store, wired to each other.</summary>
internal sealed class StoreParts
{
    public required Manifest Manifest { get; init; }

    public ulong StoreSeed => Manifest.StoreSeed;

    public required StreamIndex Index { get; init; }

    public required SegmentSet Segments { get; init; }

    public required StoreSize Size { get; init; }

    public required SegmentSupply Supply { get; init; }

    public required IndexSaver Saver { get; init; }

    public required SegmentArchiver Archiver { get; init; }

    public required Compactor Compactor { get; init; }

    public required AppendRequestPool Requests { get; init; }

    public required AppendQueue Queue { get; init; }

    public required Committer Committer { get; init; }

    public required Publication Publication { get; init; }

    public required StreamLoader Loader { get; init; }

    public required StreamTable Streams { get; init; }

    public required StreamOwnership Ownership { get; init; }

    public required IDisposable DirectoryLock { get; init; }

    /// <summary>The threads that call the steps; null if the store has none.</summary>
    public StoreThreads? Threads { get; set; }

    /// <summary>Does work on segments. An error is final for the store.</summary>
    /// <returns>Whether there was no error.</returns>
    public bool FailIfThrown(Action work)
    {
        try
        {
            work();
            return true;
        }
        catch (Exception e)
        {
            Committer.Fail(null, e);
            return false;
        }
    }

    /// <summary>Ends the log: commits accepted appends, flushes, and writes the footer. The queue must be closed.</summary>
    public void Close()
    {
        Threads?.Stop();
        try
        {
            Committer.Close();
            if (Queue.Failure is null)
                Supply.Close(Queue.GiveBackUnused());
        }
        finally
        {
            if (Queue.Failure is not null)
            {
                Committer.Abandon();
                Supply.Abandon(Queue.GiveBackUnused());
            }
        }
    }
}
