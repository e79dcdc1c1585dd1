using System.Collections.Immutable;
using Actors.Reliability.Disk;
using Actors.Reliability.Model;
using Actors.Reliability.Workloads;
using Actors.Wal.Local;

namespace Actors.Reliability.Layers;

/// <summary>
/// Damages durable data. The store must open with all acknowledged records, or refuse and name the place. One exception: the last
/// batch of a store that was neither closed nor idle since may look unfinished, and is then reported. If all of that batch is
/// missing, it can't be told from a batch that was never written.
/// </summary>
internal sealed class CorruptionLayer : Layer
{
    private const int RandomWorkloads = 1;
    private const int RandomCalls = 25;

    private static readonly string[] Workloads =
    [
        "records over several sectors",
        "deletion and a new beginning",
        "appends to several streams at once",
        "truncation",
    ];

    public override string Name => "corruption";

    public override string Description => "every bit, sector and length of small stores damaged";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        List<string> violations = RunAll(Cases(budget), () => false, (one, stop) => Run(one.Workload, one.Seed, one.Closed, Count, stop), cancellationToken);
        return new LayerReport([.. counts.Select(c => (c.Key, c.Value))], violations);

        void Count(string what)
        {
            lock (counts)
                counts[what] = counts.GetValueOrDefault(what) + 1;
        }
    }

    private static IEnumerable<(Workload Workload, int Seed, bool Closed)> Cases(LayerBudget budget)
    {
        IEnumerable<(Workload Workload, int Seed)> workloads = budget.Of(Catalogue.All.Where(w => Workloads.Contains(w.Name))).Select(w => (w, budget.FirstSeed))
            .Concat(budget.SeedsOr(RandomWorkloads).Select(s => (RandomWorkload.Of(s, RandomCalls), s)));
        foreach ((Workload workload, int seed) in workloads)
        {
            yield return (workload, seed, false);
            yield return (workload, seed, true);
        }
    }

    private static void Run(Workload workload, int seed, bool closed, Action<string> count, CancellationToken stop)
    {
        var disk = new SimulatedDisk();
        var model = new LogModel();
        SimulatedStore store = SimulatedStore.Start(workload.Options with { Sync = SyncPolicy.Always }, disk, model, new ManualTime(), seed);
        workload.Generations[0](store);
        if (store.IsOpen)
        {
            store.Settle();
            if (closed)
                store.Close();
        }

        disk = disk.AfterCrash();
        long beforeLastBatch = store.IsOpen ? store.BeforeLastBatch : model.Last;
        foreach (Damage damage in Damage.All(disk, new Random(seed)))
        {
            stop.ThrowIfCancellationRequested();
            string outcome;
            try
            {
                outcome = Judge(workload, seed, damage, model, beforeLastBatch);
            }
            catch (Exception e)
            {
                throw new InvariantException($"Workload '{workload}' with seed {seed}{(closed ? ", closed" : "")}, {damage.Description}: {e.Message}", e);
            }

            count(damage.Kind);
            count(outcome);
        }
    }

    private static string Judge(Workload workload, int seed, Damage damage, LogModel model, long beforeLastBatch)
    {
        try
        {
            LocalLogStore store = SimulatedStore.Open(workload.Options, damage.Disk, seed);
            long last = store.Recovery.LastLsn.Value;
            if (last < beforeLastBatch && !(damage.HitsTwoPlaces && store.Recovery.Torn is not null))
                throw new InvariantException($"The log ends at LSN {last} of {model.Last}; its last batch begins after {beforeLastBatch}.");
            ImmutableSortedDictionary<string, ModelStream> expected = ModelCheck.Prefix(model, last, 0);
            ModelCheck.Same(store, expected);
            ModelCheck.Feed(store, expected);
            return last == model.Last ? "→ correct"
                : last < beforeLastBatch ? "→ last batches reported as never finished, with the proof of the opposite damaged too"
                : store.Recovery.Torn is not null ? "→ last batch reported as never finished"
                : "→ last batch gone, as if it had never been written";
        }
        catch (LogCorruptException e) when (e.File.Length > 0)
        {
            return "→ refused, with the place";
        }
    }
}
