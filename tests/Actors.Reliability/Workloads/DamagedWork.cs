namespace Actors.Reliability.Workloads;

/// <summary>Makes random calls on a store, damaged or not, whose checkpoints drop history.</summary>
internal static class DamagedWork
{
    private const int Streams = 4;

    public static LocalLogStoreOptions Options(Random random)
    {
        Retention[] retentions = [Retention.All, Retention.Last, Retention.Newest(2), Retention.Newest(3), Retention.For(TimeSpan.FromSeconds(3))];
        return Catalogue.Small with
        {
            SegmentBytes = random.Next(24, 40) * 512,
            MaxBatchBytes = random.Next(6, 12) * 512,
            Retention = retentions[random.Next(retentions.Length)],
            MaxDeadShare = random.Next(2) == 0 ? 0.05 : 0.4,
            SegmentAge = random.Next(3) == 0 ? TimeSpan.FromSeconds(2) : null,
        };
    }

    public static void Run(SimulatedStore store, Random random, int calls)
    {
        for (int i = 0; i < calls && !store.HasFailed; i++)
            Call(store, random, $"s{random.Next(Streams)}");

        // Settles until all appends that wait for a segment are in the log.
        for (int i = 0; i < 10; i++)
            store.Settle();
    }

    private static void Call(SimulatedStore store, Random random, string stream)
    {
        switch (random.Next(20))
        {
            case < 7:
                store.Append(stream, random.Next(8) == 0 ? random.Next(2, 5) : 1, RandomWorkload.Bytes(random));
                break;
            case 7:
                store.AppendState(stream, RandomWorkload.Bytes(random));
                break;
            case < 11:
                if (store.Newest(stream) is { Head: > 0 } saved)
                    store.Checkpoint(stream, Math.Max(saved.Checkpoint ?? 0, saved.Head - random.Next(3)), RandomWorkload.Bytes(random) / 2);
                break;
            case 11:
                if (store.Newest(stream).Head > 0 && random.Next(4) == 0)
                {
                    store.Delete(stream);
                    store.Settle();
                }

                break;
            case 12:
                store.AppendAtomic(["s0", "t", stream == "s0" ? "u" : stream], random.Next(1, 3), RandomWorkload.Bytes(random) / 4);
                break;
            case 13:
                // A takeover fences appends that wait for a segment. A checkpoint may include them already, so they are committed first.
                store.Settle();
                if (store.Newest(stream).Head > 0)
                    store.TakeOver(stream);
                break;
            case < 16:
                store.Advance(TimeSpan.FromMilliseconds(random.Next(2000)));
                break;
            case < 19:
                store.CommitOnce();
                break;
            default:
                store.Settle();
                break;
        }
    }
}
