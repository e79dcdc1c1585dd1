using System.Diagnostics;
using Actors.Reliability.Disk;
using Actors.Reliability.Model;
using Actors.Reliability.Workloads;

namespace Actors.Reliability.Layers;

/// <summary>Runs workloads on simulated disks, and cuts the power before every operation.</summary>
internal sealed class CrashLayer : Layer
{
    private const int RandomCalls = 60;

    // For random workloads, one in this many recoveries gets a second crash. The catalogue's workloads have their own number.
    private const int RandomSecondCrashEvery = 16;

    public override string Name => "crash";

    public override string Description => "power cut before every operation of a simulated disk, and again during recovery";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var counts = new CrashCounts();
        List<string> violations = RunAll(Cases(budget), IsEnough, RunOne, cancellationToken);
        return new LayerReport(
            [
                ("workloads", counts.Workloads),
                ("moments of a power cut", counts.Points),
                ("disks left behind by a cut", counts.Images),
                ("disks left behind by a second cut, during recovery", counts.ImagesOfRecovery),
                ("of both, equal to one recovered before", counts.Equal),
                ("recovered logs that went on", counts.Continued),
                ("torn tails reported", counts.Torn),
                ("segments compacted by workloads", counts.Compacted),
                ("segments archived by workloads", counts.Archived),
                ("backups made by workloads", counts.Backups),
                ("backups restored to some record", counts.Restored),
            ],
            violations);

        bool IsEnough()
        {
            // The whole catalogue always runs.
            if (counts.Workloads < Catalogue.All.Count || budget.Seeds is not null || budget.Workloads is not null)
                return false;
            return budget.Minutes is { } minutes
                ? clock.Elapsed.TotalMinutes >= minutes
                : counts.AllImages >= budget.Images;
        }

        void RunOne((Workload Workload, int Seed, int SecondCrashEvery) one, CancellationToken stop)
        {
            CrashCounts done = Run(one.Workload, one.Seed, one.SecondCrashEvery, stop);
            lock (counts)
                counts.Add(done);
        }
    }

    /// <summary>Runs one workload with one seed.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="seed">Chooses when there are too many combinations.</param>
    /// <param name="secondCrashEvery">One in this many recoveries gets a second crash.</param>
    /// <param name="stop">Once set, no further crash is tried.</param>
    /// <exception cref="InvariantException">A promise was broken; the message says how to reproduce it.</exception>
    public static CrashCounts Run(Workload workload, int seed, int secondCrashEvery = 1, CancellationToken stop = default)
    {
        var counts = new CrashCounts { Workloads = 1 };
        try
        {
            Run(workload, seed, secondCrashEvery, counts, stop);
        }
        catch (Exception e)
        {
            throw new InvariantException($"Workload '{workload}' with seed {seed}: {e.Message}", e);
        }

        return counts;
    }

    private static IEnumerable<(Workload Workload, int Seed, int SecondCrashEvery)> Cases(LayerBudget budget)
    {
        foreach (Workload workload in budget.Of(Catalogue.All))
            yield return (workload, budget.FirstSeed, workload.SecondCrashEvery);
        foreach (int seed in budget.SeedsOr(int.MaxValue - budget.FirstSeed))
            yield return (RandomWorkload.Of(seed, RandomCalls), seed, RandomSecondCrashEvery);
    }

    private static void Run(Workload workload, int seed, int secondCrashEvery, CrashCounts counts, CancellationToken stop)
    {
        var random = new Random(seed);
        var model = new LogModel();
        var time = new ManualTime();
        var disk = new SimulatedDisk();
        var archive = workload.IsArchived ? new SimulatedArchive(new SimulatedDisk()) : null;
        foreach (Action<SimulatedStore> generation in workload.Generations)
        {
            var explorer = new CrashExplorer(workload.Options with { Time = time }, seed, secondCrashEvery, counts, stop);
            explorer.Watch(disk, model);
            SimulatedStore store = SimulatedStore.Start(workload.Options, disk, model, time, seed, archive);
            generation(store);
            counts.Backups += store.Copies!.Backups;
            counts.Restored += store.Copies.Restored;
            counts.Compacted += store.Store.Parts.Compactor.Counters.Segments;
            explorer.Cut(disk, model);
            if (explorer.Violation is { } violation)
                throw violation;
            if (store.Unexpected is { } error)
                throw new InvariantException($"A call ended with {error.GetType().Name}: {error.Message}", error);

            // The next owner opens one of the disks that this owner could have left.
            List<List<Survivor>> left = [.. CrashImages.Of(disk.Pending(), random, thorough: true)];
            disk = disk.AfterCrash(left[random.Next(left.Count)]);
        }

        counts.Archived += archive?.Segments ?? 0;
    }
}
