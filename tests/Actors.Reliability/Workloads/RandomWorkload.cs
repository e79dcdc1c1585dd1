namespace Actors.Reliability.Workloads;

/// <summary>A workload generated from a seed: random calls in random order, by several owners.</summary>
internal static class RandomWorkload
{
    private const int MostStreams = 5;

    private static readonly SyncPolicy[] Policies = [SyncPolicy.Always, SyncPolicy.Always, SyncPolicy.Never, SyncPolicy.Every(TimeSpan.FromMilliseconds(50))];

    /// <param name="seed">The seed.</param>
    /// <param name="calls">The number of calls that each owner makes.</param>
    public static Workload Of(int seed, int calls)
    {
        var random = new Random(seed);
        LocalLogStoreOptions options = Catalogue.Small with
        {
            SegmentBytes = random.Next(12, 40) * 512,
            MaxBatchBytes = random.Next(6, 12) * 512,
            Sync = Policies[random.Next(Policies.Length)],
            Retention = random.Next(2) == 0 ? Retention.Last : Retention.All,
            MaxDeadShare = random.Next(2) == 0 ? 0.05 : 0.4,
            FillBelowBatchBytes = random.Next(2) == 0 ? int.MaxValue : 0,
            SegmentAge = random.Next(3) == 0 ? TimeSpan.FromSeconds(2) : null,
        };
        int owners = random.Next(1, 4);
        return new Workload(
            $"random calls, seed {seed}",
            options,
            [.. Enumerable.Range(0, owners).Select(_ => random.Next()).Select(s => (Action<SimulatedStore>)(store => Run(store, new Random(s), calls)))]) { IsArchived = random.Next(2) == 0 };
    }

    private static void Run(SimulatedStore store, Random random, int calls)
    {
        int streams = random.Next(1, MostStreams + 1);
        var follower = new Random(streams + calls);
        for (int i = 0; i < calls; i++)
        {
            Call(store, random, $"s{random.Next(streams)}");
            if (follower.Next(8) == 0)
                store.Follow();
        }

        if (random.Next(3) == 0)
            store.Close();
    }

    private static void Call(SimulatedStore store, Random random, string stream)
    {
        if (random.Next(12) == 0)
            store.Backup();
        switch (random.Next(20))
        {
            case < 7:
                store.Append(stream, random.Next(8) == 0 ? random.Next(2, 5) : 1, Bytes(random), random.Next(6) == 0 ? store.Newest(stream).Head - random.Next(2) : null);
                break;
            case < 9:
                store.AppendState(stream, Bytes(random));
                break;
            case 9:
                if (store.Newest(stream) is { Head: > 0 } saved)
                    store.Checkpoint(stream, Math.Max(saved.Checkpoint ?? 0, saved.Head - random.Next(3)), Bytes(random) / 2);
                break;
            case 10:
                if (store.Newest(stream) is { Checkpoint: { } checkpoint })
                    store.Truncate(stream, checkpoint + random.Next(2));
                break;
            case 11:
                if (store.Newest(stream).Head > 0 && random.Next(3) == 0)
                    store.Delete(stream);
                break;
            case 12:
                store.AppendAtomic(["s0", "t", stream == "s0" ? "u" : stream], random.Next(1, 3), Bytes(random) / 4);
                break;
            case 13:
                if (store.Newest(stream).Head > 0)
                    store.TakeOver(stream);
                break;
            case 14:
                store.Flush();
                break;
            case 15:
                store.Advance(TimeSpan.FromMilliseconds(random.Next(500)));
                break;
            case < 19:
                store.CommitOnce();
                break;
            default:
                store.Settle();
                break;
        }
    }

    public static int Bytes(Random random) => random.Next(4) == 0 ? random.Next(200, 1500) : random.Next(4, 120);
}
