using Actors.Reliability.Disk;
using Actors.Reliability.Model;
using Actors.Reliability.Workloads;
using Actors.Wal.Local;

namespace Actors.Reliability.Layers;

/// <summary>Makes every operation of a simulated disk fail, and every opening of a file, with every error: once, for a while, and for good.</summary>
internal sealed class ErrorLayer : Layer
{
    private const int RandomWorkloads = 40;
    private const int RandomCalls = 40;

    public override string Name => "errors";

    public override string Description => "every operation of a simulated disk fails, with EIO, ENOSPC, EDQUOT and EROFS; every opening of a file, with EMFILE, ENFILE and ENOMEM";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        var counts = new ErrorCounts();
        List<string> violations = RunAll(Cases(budget), () => false, (one, stop) => RunAll(one.Workload, one.Seed, counts, stop), cancellationToken);
        return new LayerReport(
            [
                ("workloads", counts.Workloads),
                ("runs with a failing operation", counts.Faults),
                ("stores that refused to open, and opened once the error was gone", counts.RefusedToOpen),
                ("stores that failed and accepted nothing more", counts.Failed),
                ("stores that went on", counts.WentOn),
                ("disks recovered afterwards", counts.Images),
            ],
            violations);
    }

    private static IEnumerable<(Workload Workload, int Seed)> Cases(LayerBudget budget)
        => budget.Of(Catalogue.All).Select(w => (w, budget.FirstSeed))
            .Concat(budget.SeedsOr(RandomWorkloads).Select(s => (RandomWorkload.Of(s, RandomCalls), s)));

    /// <summary>Returns the number of operations of a workload's first owner when nothing fails.</summary>
    public static int OperationsOf(Workload workload, int seed)
    {
        var calm = new SimulatedDisk();
        Run(workload, calm, seed);
        return calm.Operations;
    }

    /// <summary>Runs a workload's first owner with a fault from some operation on.</summary>
    /// <exception cref="InvariantException">A promise was broken; the message says how to see it again.</exception>
    public static void Run(Workload workload, int seed, DiskFault fault, int operation, ErrorCounts counts)
    {
        try
        {
            RunWith(disk => fault.Plant(disk, operation), operation, workload, seed, counts);
        }
        catch (Exception e)
        {
            throw new InvariantException($"Workload '{workload}' with seed {seed} and {fault.Name} from operation {operation} on: {e.Message}", e);
        }
    }

    /// <summary>Runs a workload's first owner with failing openings from some opening on. The store must not fail.</summary>
    /// <exception cref="InvariantException">A promise was broken; the message says how to see it again.</exception>
    public static void RunShort(Workload workload, int seed, DiskFault fault, int opening, ErrorCounts counts)
    {
        try
        {
            if (RunWith(disk => fault.PlantAtOpening(disk, opening), opening, workload, seed, counts) is { HasFailed: true } store)
                throw new InvariantException($"The store has failed: {store.Store.Parts.Queue.Failure}");
        }
        catch (Exception e)
        {
            throw new InvariantException($"Workload '{workload}' with seed {seed} and {fault.Name} from opening {opening} on: {e.Message}", e);
        }
    }

    /// <summary>Returns the number of file openings of a workload's first owner when nothing fails.</summary>
    public static int OpeningsOf(Workload workload, int seed)
    {
        var calm = new SimulatedDisk();
        Run(workload, calm, seed);
        return calm.Openings;
    }

    /// <summary>Returns the bytes that a workload's first owner occupies when the disk has no limit.</summary>
    public static long BytesOf(Workload workload, int seed)
    {
        var calm = new SimulatedDisk();
        Run(workload, calm, seed);
        return calm.AllocatedBytes;
    }

    /// <summary>Runs a workload's first owner on a disk with this capacity.</summary>
    /// <exception cref="InvariantException">A promise was broken; the message says how to see it again.</exception>
    public static void RunWithin(long capacityBytes, Workload workload, int seed, ErrorCounts counts)
    {
        try
        {
            RunWith(disk => disk.CapacityBytes = capacityBytes, seed, workload, seed, counts);
        }
        catch (Exception e)
        {
            throw new InvariantException($"Workload '{workload}' with seed {seed} and room for {capacityBytes} bytes: {e.Message}", e);
        }
    }

    private static void RunAll(Workload workload, int seed, ErrorCounts counts, CancellationToken stop)
    {
        int operations = OperationsOf(workload, seed);
        counts.Add(c => c.Workloads++);
        foreach (DiskFault fault in DiskFault.All)
        {
            for (int operation = 1; operation <= operations && !stop.IsCancellationRequested; operation++)
                Run(workload, seed, fault, operation, counts);
        }

        int openings = OpeningsOf(workload, seed);
        foreach (DiskFault fault in DiskFault.Shortages)
        {
            for (int opening = 1; opening <= openings && !stop.IsCancellationRequested; opening++)
                RunShort(workload, seed, fault, opening, counts);
        }
    }

    /// <summary>Runs a workload's first owner.</summary>
    private static (SimulatedStore? Store, LogModel Model) Run(Workload workload, SimulatedDisk disk, int seed)
    {
        var model = new LogModel();
        SimulatedStore store;
        try
        {
            store = SimulatedStore.Start(workload.Options, disk, model, new ManualTime(), seed);
        }
        catch (IOException e) when (e is not LogCorruptException)
        {
            return (null, model);
        }

        workload.Generations[0](store);
        return store.Unexpected is { } error
            ? throw new InvariantException($"A call ended with {error.GetType().Name}: {error.Message}", error)
            : (store, model);
    }

    private static SimulatedStore? RunWith(Action<SimulatedDisk> plant, int diskSeed, Workload workload, int seed, ErrorCounts counts)
    {
        var disk = new SimulatedDisk { Random = new Random(diskSeed) };
        plant(disk);
        (SimulatedStore? store, LogModel model) = Run(workload, disk, seed);
        disk.Before = null;
        disk.BeforeOpening = null;
        disk.CapacityBytes = null;
        counts.Add(c => c.Faults++);
        if (store is null)
            counts.Add(c => c.RefusedToOpen++);
        else if (store.HasFailed)
            counts.Add(c => c.Failed++);
        else if (store.IsOpen)
            GoesOn(store, counts);

        // A crash happens now. Every tried combination of pending changes must recover.
        var random = new Random(seed);
        long floor = model.Floor;
        foreach (List<Survivor> survivors in CrashImages.Of(disk.Pending(), random, thorough: false))
            Recover(workload, disk.AfterCrash(survivors), seed, model, floor, counts);

        // Then only the process ends. A new owner reads cached data, but may rely only on durable data.
        disk.KillOwner();
        long found = Recover(workload, disk, seed, model, floor, counts);
        foreach (List<Survivor> survivors in CrashImages.Of(disk.Pending(), random, thorough: false))
        {
            long again = Recover(workload, disk.AfterCrash(survivors), seed, model, found, counts);
            if (again != found)
                throw new InvariantException($"A new owner found the log's end at LSN {found}, and after a crash it was {again}.");
        }

        return store;
    }

    /// <summary>Checks that a store that has not failed takes appends after the error, without being opened again.</summary>
    private static void GoesOn(SimulatedStore store, ErrorCounts counts)
    {
        counts.Add(c => c.WentOn++);
        store.Prepare(); // the store tries this again every second
        store.Append("afterwards");
        ModelOperation last = store.Model.Operations[^1];
        store.Settle();
        if (store.HasFailed)
            throw new InvariantException("The error is gone, and the store has failed since.");
        if (last.Outcome != OperationOutcome.Acknowledged)
            throw new InvariantException($"The error is gone, and an append ends as {last.Outcome}.");
        ModelCheck.Same(store.Store, store.Model.After(store.Store.Statistics.Published.Value)
            ?? throw new InvariantException("What is published ends within an operation."));
    }

    private static long Recover(Workload workload, SimulatedDisk disk, int seed, LogModel model, long floor, ErrorCounts counts)
    {
        counts.Add(c => c.Images++);
        LocalLogStore store = SimulatedStore.Open(workload.Options, disk, seed);
        long last = store.Recovery.LastLsn.Value;
        ModelCheck.Same(store, ModelCheck.Prefix(model, last, floor));
        return last;
    }
}

/// <summary>The counts of the error layer.</summary>
internal sealed class ErrorCounts
{
    private readonly Lock _gate = new();

    public long Workloads;
    public long Faults;
    public long RefusedToOpen;
    public long Failed;
    public long WentOn;
    public long Images;

    public void Add(Action<ErrorCounts> change)
    {
        lock (_gate)
            change(this);
    }
}
