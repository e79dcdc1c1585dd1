using Actors.Wal.Commit;

namespace Actors.Wal.Local;

/// <summary>Connects the parts of a store: which one wakes or tells which other. A store without threads is woken by the caller of its steps.</summary>
internal static class StoreWiring
{
    public static void Connect(StoreParts parts, LocalLogStoreOptions options, CompletionQueue<AppendRequest> completions)
    {
        parts.Queue.Refused = completions.Complete;
        parts.Supply.Fills = () => parts.Committer.Counters.RecentBatchBytes < options.FillBelowBatchBytes;
        parts.Supply.Sealed = segment =>
        {
            parts.Archiver.Sealed(segment);
            parts.Saver.Sealed(segment);
        };
        parts.Compactor.RequestFlush = () => FlushForCompaction(parts);
    }

    public static void Connect(StoreParts parts, StoreThreads threads)
    {
        parts.Queue.Wake = threads.Commit.Wake;
        parts.Supply.Wake = threads.WakeSupply;
        parts.Supply.Changed = threads.SegmentsChanged;
        parts.Saver.Wake = threads.Upkeep.Wake;
        parts.Compactor.Pace = threads.Upkeep.PaceCompaction;
    }

    /// <summary>Flushes for compaction, which drops frames only when the records that made them dead are durable.</summary>
    private static async void FlushForCompaction(StoreParts parts)
    {
        try
        {
            await parts.Requests.RentBarrier(SyncPolicy.Always).SubmitTo(parts.Queue, CancellationToken.None).ConfigureAwait(false);
            parts.Saver.Wake();
        }
        catch (LogStoreException)
        {
            // The store is closing or has failed. Compaction then drops nothing.
        }
    }
}
