namespace Actors.Reliability.Workloads;

/// <summary>Small workloads, one for each feature of a store.</summary>
internal static class Catalogue
{
    private static readonly SyncPolicy Interval = SyncPolicy.Every(TimeSpan.FromMilliseconds(100));

    /// <summary>Options under which a few appends fill a segment.</summary>
    public static LocalLogStoreOptions Small { get; } = new()
    {
        Directory = "/simulated",
        SegmentBytes = 8 * 1024,
        MaxBatchBytes = 4 * 1024,
        MaxRecordBytes = 2 * 1024,
        SegmentAge = null,
        IndexSnapshotBytes = 1, // a snapshot after each sealed segment
        MaxDeadShare = 0.1,
        IdleMark = TimeSpan.FromMilliseconds(250),
        Time = new ManualTime(), // does not move; a run can set its own clock
    };

    public static IReadOnlyList<Workload> All { get; } =
    [
        New("a new store", _ => { }),
        New("one append after the other", s =>
        {
            for (int i = 0; i < 6; i++)
            {
                s.Append("a", bytes: 10 + (i * 90));
                s.Commit();
            }
        }),
        New("a commit of many streams", s =>
        {
            for (int round = 0; round < 3; round++)
            {
                for (int i = 0; i < 6; i++)
                    s.Append($"s{i}", bytes: 60);
                s.Commit();
            }
        }),
        New("records over several sectors", s =>
        {
            s.Append("a", bytes: 1700);
            s.Append("b", bytes: 900);
            s.Commit();
            s.Append("a", events: 3, bytes: 500);
            s.Settle();
        }),
        New("segments that fill up", s =>
        {
            for (int i = 0; i < 14; i++)
            {
                s.Append($"s{i % 3}", bytes: 1400);
                s.Settle();
            }
        }),
        New("segments whose room is only reserved", Small with { FillBelowBatchBytes = 0 }, s =>
        {
            for (int i = 0; i < 14; i++)
            {
                s.Append($"s{i % 3}", bytes: 1400);
                s.Settle();
            }
        }),
        New("appends that wait for a segment", s =>
        {
            for (int i = 0; i < 20; i++)
                s.Append($"s{i % 4}", bytes: 900);
            s.Settle();
        }),
        New("checkpoints", s =>
        {
            for (int i = 1; i <= 9; i++)
            {
                s.Append("a");
                if (i % 3 == 0)
                    s.Checkpoint("a", i - 1);
                s.Commit();
            }
        }),
        New("truncation", s =>
        {
            s.Append("a", events: 5);
            s.Commit();
            s.Checkpoint("a");
            s.Commit();
            s.Append("a", events: 2);
            s.Truncate("a", 4);
            s.Commit();
            s.Truncate("a", 6);
            s.Append("a");
            s.Commit();
            s.Checkpoint("a");
            s.Truncate("a", 9);
            s.Truncate("a", 7); // has no effect after the one before
            s.Commit();
        }),
        New("deletion and a new beginning", s =>
        {
            s.Append("a", events: 3);
            s.Append("b");
            s.Commit();
            s.Delete("a");
            s.Commit();
            s.Append("a");
            s.Commit();
            s.Delete("b");
            s.Delete("a");
            s.Append("a", events: 2);
            s.Settle();
        }),
        New("appends to several streams at once", s =>
        {
            s.AppendAtomic(["a", "b"]);
            s.Commit();
            s.AppendAtomic(["b", "c", "a"], events: 3, bytes: 120);
            s.Append("c");
            s.Commit();
            s.AppendAtomic(["a", "c"], events: 2, bytes: 500);
            s.Settle();
        }),
        New("states", s =>
        {
            for (int i = 0; i < 8; i++)
            {
                s.AppendState($"s{i % 2}", bytes: 40 + (i * 40));
                s.Commit();
            }
        }),
        Compacting("states that replace each other", s => Overwrite(s, 16)),
        Compacting("checkpoints that drop what was before them", s =>
        {
            for (int i = 1; i <= 18; i++)
            {
                string stream = $"s{i % 3}";
                s.Append(stream, bytes: 1000);
                if (i % 5 == 0 && s.Newest(stream).Head > 1)
                    s.Checkpoint(stream, s.Newest(stream).Head - (i % 2), bytes: 300);
                s.Settle();
            }
        }),
        Compacting("compaction of streams that end and begin again", s =>
        {
            for (int i = 0; i < 16; i++)
            {
                s.Append($"s{i % 4}", bytes: 1100);
                s.Settle();
                if (i % 3 == 2)
                    s.Delete($"s{i % 4}");
                s.Settle();
            }
        }),
        Compacting("a deletion that outlives most of its segment", s =>
        {
            s.Append("gone", bytes: 10);
            for (int i = 0; i < 6; i++)
                s.Append("kept", bytes: 1100);
            s.Settle();
            s.AppendState("s0", bytes: 900);
            s.Delete("gone");
            s.Settle();
            Overwrite(s, 12);
        }),
        Compacting("compaction without flushes", s =>
        {
            for (int i = 0; i < 36; i++)
            {
                s.AppendState($"s{i % 14}", bytes: 900, sync: SyncPolicy.Never);
                s.Commit();
                s.Prepare();
            }
        }),
        Compacting("compaction by one owner after the other",
            s => Overwrite(s, 9),
            s => Overwrite(s, 7),
            s =>
            {
                Overwrite(s, 5);
                s.Close();
            }),
        New("states and events in one stream", s =>
        {
            s.Append("a", events: 2);
            s.AppendState("a");
            s.Append("a");
            s.Commit();
            s.Checkpoint("a");
            s.Append("a");
            s.AppendState("a");
            s.Commit();
        }),
        New("a new owner", s =>
        {
            s.Append("a");
            s.Append("a");
            s.TakeOver("a");
            s.Append("a");
            s.Commit();
            s.TakeOver("a");
            s.Append("a");
            s.Commit();
        }),
        New("expected sequences that don't fit", s =>
        {
            s.Append("a", expected: 0);
            s.Append("a", expected: 0);
            s.Append("a", expected: 1);
            s.Commit();
            s.Append("a", expected: 5);
            s.Append("a", expected: 2);
            s.Commit();
        }),
        New("flushes at intervals", Small with { Sync = Interval }, s =>
        {
            for (int i = 0; i < 8; i++)
            {
                s.Append($"s{i % 2}", bytes: 100);
                s.Commit();
                s.Follow();
                s.Advance(TimeSpan.FromMilliseconds(30));
                s.Commit();
                s.Follow();
            }
        }),
        New("flushes at intervals while appends never pause", Small with { Sync = Interval }, s =>
        {
            for (int i = 0; i < 12; i++)
            {
                s.Append($"s{i % 2}", bytes: 100);
                s.Advance(TimeSpan.FromMilliseconds(30));
                s.Prepare();
                s.CommitOnce();
            }
        }),
        New("no flush but when asked for", Small with { Sync = SyncPolicy.Never }, s =>
        {
            for (int i = 0; i < 9; i++)
            {
                s.Append($"s{i % 2}", bytes: 700);
                s.Settle();
                s.Follow();
                if (i % 4 == 3)
                {
                    s.Flush();
                    s.Commit();
                }
            }
        }),
        New("policies side by side", s =>
        {
            for (int i = 0; i < 9; i++)
            {
                s.Append($"s{i % 3}", bytes: 80, sync: (i % 3) switch { 0 => SyncPolicy.Always, 1 => Interval, _ => SyncPolicy.Never });
                s.Commit();
                s.Follow();
            }
        }),
        New("an idle store that marks what is durable", s =>
        {
            s.Append("a");
            s.Commit();
            s.Advance(TimeSpan.FromSeconds(1));
            s.Commit();
            s.Append("a");
            s.Commit();
            s.Advance(TimeSpan.FromSeconds(1));
            s.Commit();
        }),
        New("segments that get too old", Small with { SegmentAge = TimeSpan.FromMinutes(1) }, s =>
        {
            for (int i = 0; i < 4; i++)
            {
                s.Append("a", bytes: 50);
                s.Settle();
                s.Advance(TimeSpan.FromSeconds(40));
            }
        }),
        New("a store that closes", s =>
        {
            s.Append("a");
            s.Append("b", bytes: 1500);
            s.Close();
        }),
        New("owners that follow each other", s =>
            {
                s.Append("a", events: 2);
                s.Commit();
                s.Append("b", bytes: 1200);
                s.Commit();
            },
            s =>
            {
                s.Append("a");
                s.Commit();
                s.Close();
            },
            s =>
            {
                s.Append("b");
                s.Checkpoint("a");
                s.Commit();
            }),
        New("owners that lose their last appends", s =>
            {
                s.Append("a", bytes: 600);
                s.Commit();
                s.Append("b", bytes: 1900);
            },
            s =>
            {
                s.Append("b", bytes: 300);
                s.Commit();
                s.Append("a", bytes: 1900);
            },
            s =>
            {
                s.Append("a");
                s.Commit();
            }),
    ];

    /// <summary>Returns a workload that is long enough for compaction. Only some of its recoveries get a second crash.</summary>
    private static Workload Compacting(string name, params Action<SimulatedStore>[] generations)
        => new(name, Small with { Retention = Retention.Last }, generations) { SecondCrashEvery = 32, IsArchived = true };

    private static void Overwrite(SimulatedStore store, int times)
    {
        for (int i = 0; i < times; i++)
        {
            if (i % 4 == 3)
                store.Backup();
            store.AppendState($"s{i % 3}", bytes: 1200);
            store.Append("history", bytes: 100);
            store.Settle();
        }
    }

    private static Workload New(string name, params Action<SimulatedStore>[] generations) => new(name, Small, generations);

    private static Workload New(string name, LocalLogStoreOptions options, params Action<SimulatedStore>[] generations) => new(name, options, generations);
}
