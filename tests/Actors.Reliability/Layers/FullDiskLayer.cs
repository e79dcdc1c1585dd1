using Actors.Reliability.Machines;
using Actors.Reliability.Model;
using Actors.Reliability.Processes;
using Actors.Reliability.Workloads;

namespace Actors.Reliability.Layers;

/// <summary>
/// Fills the disk at every point: simulated disks of many sizes, and real file systems with different free space. Written
/// data must stay readable, and appends must succeed again when there is space, without intervention.
/// </summary>
internal sealed class FullDiskLayer : Layer
{
    private const int SimulatedSizes = 60;
    private const int RandomWorkloads = 20;
    private const int RandomCalls = 40;
    private const int RealRooms = 40;
    private const int MostRoomKib = 1200;
    private const int RejectionsToSee = 20;
    private const int AcknowledgementsToSee = 100;

    private static readonly string[] FileSystems = ["tmpfs", "ext4"];

    public override string Name => "full";

    public override string Description => "simulated and real disks with no room left, and room again";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        if (Needs.MissingForLoopDisks() is { Count: > 0 } missing)
            return LayerReport.Skipped(missing);
        var simulated = new ErrorCounts();
        var real = new FullDiskCounts();
        IEnumerable<Action> cases = Simulated(budget, simulated).Concat(FileSystems.Select<string, Action>(t => () => RunAsync(t, real, cancellationToken).GetAwaiter().GetResult()));
        List<string> violations = RunAll(cases.Reverse(), () => false, (c, _) => c(), cancellationToken);
        return new LayerReport(
            [
                ("simulated disks that got full", simulated.Faults),
                ("stores there that refused to open, and opened when there was room", simulated.RefusedToOpen),
                ("stores there that went on when there was room", simulated.WentOn),
                ("stores there that failed", simulated.Failed),
                ("simulated disks recovered afterwards", simulated.Images),
                .. FileSystems.Select(t => ($"full {t} file systems", real.CasesOn(t))),
                ("stores there that refused to open, and opened when there was room", real.Refused),
                ("stores there that went on when there was room", real.WentOn),
                ("appends rejected there", real.Rejections),
                ("operations acknowledged there", real.Acknowledged),
                ("acknowledged and lost", real.Lost),
            ],
            violations);
    }

    private static IEnumerable<Action> Simulated(LayerBudget budget, ErrorCounts counts)
    {
        IEnumerable<(Workload Workload, int Seed)> workloads = budget.Of(Catalogue.All).Select(w => (w, budget.FirstSeed))
            .Concat(budget.SeedsOr(RandomWorkloads).Select(s => (RandomWorkload.Of(s, RandomCalls), s)));
        foreach ((Workload workload, int seed) in workloads)
        {
            yield return () =>
            {
                long most = ErrorLayer.BytesOf(workload, seed);
                for (int i = 0; i < SimulatedSizes; i++)
                    ErrorLayer.RunWithin(most * i / SimulatedSizes, workload, seed, counts);
            };
        }
    }

    private static async Task RunAsync(string type, FullDiskCounts counts, CancellationToken cancellationToken)
    {
        using MemoryDisk? memory = type == "tmpfs" ? new MemoryDisk(64) : null;
        using LoopDisk? loop = memory is null ? LoopDisk.Create(type) : null;
        for (int i = 0; i < RealRooms && !cancellationToken.IsCancellationRequested; i++)
        {
            int room = i * MostRoomKib / RealRooms;
            try
            {
                await RunAsync(type, memory?.Mount ?? loop!.Mount, loop, room, counts);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{type} with room for {room} KiB: {e.Message}", e);
            }
        }
    }

    private static async Task RunAsync(string type, string mount, LoopDisk? loop, int roomKib, FullDiskCounts counts)
    {
        var filler = new Filler(mount, roomKib);
        var check = new WriterCheck();
        bool refused = false;
        var options = new WriterOptions(Path.Combine(mount, "store"), 1) { Writers = 4, SegmentBytes = (int)LocalLogStoreOptions.MinSegmentBytes };
        WriterProcess process = WriterProcess.Start(options);
        try
        {
            await process.WaitForAsync(p => p.Rejections >= RejectionsToSee, "a full disk");
            if (process.HasExited)
            {
                await process.EndAsync();
                if (process.ExitCode != Writer.RefusedToOpen)
                    throw new InvariantException($"The writer ended with {process.ExitCode}: {string.Join(" ", process.Other)}");
                refused = true;
                process.Dispose();
                filler.Delete();
                process = WriterProcess.Start(options);
            }

            filler.Delete();
            long before = process.Acknowledgements;
            await process.WaitForAsync(p => p.Acknowledgements >= before + AcknowledgementsToSee, "acknowledgements now that there is room");
            if (process.HasExited)
                throw new InvariantException($"There is room, and the writer ended with {process.ExitCode}: {string.Join(" ", process.Other)}");
            process.Stop();
            loop?.CutPower();
            await process.EndAsync();
            loop?.Restart();
            counts.Add(type, refused, process.Rejections, await check.RunAsync(process));
        }
        finally
        {
            process.Dispose();
        }

        Directory.Delete(options.Directory, recursive: true);
    }
}

/// <summary>The counts of the full-disk layer on real file systems.</summary>
internal sealed class FullDiskCounts
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _cases = [];

    public long Refused { get; private set; }

    public long WentOn { get; private set; }

    public long Rejections { get; private set; }

    public long Acknowledged { get; private set; }

    public long Lost { get; private set; }

    public long CasesOn(string type) => _cases.GetValueOrDefault(type);

    public void Add(string type, bool refused, int rejections, WriterResult result)
    {
        lock (_gate)
        {
            _cases[type] = CasesOn(type) + 1;
            Refused += refused ? 1 : 0;
            WentOn += refused ? 0 : 1;
            Rejections += rejections;
            Acknowledged += result.Acknowledged;
            Lost += result.Lost;
        }
    }
}
