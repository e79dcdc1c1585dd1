using System.Globalization;
using Actors.Reliability.Machines;
using Actors.Reliability.Processes;

namespace Actors.Reliability.Layers;

/// <summary>
/// Makes each system call of a writing process fail, or kills the process at it. Then cuts the power, so that only flushed data
/// is left. Tries this with new stores and with stores that are opened again.
/// </summary>
internal sealed class SystemCallLayer : Layer
{
    private const int Segments = 6;
    private const string Reading = "pread64";
    private const string Failing = "error=EIO";
    private const string Killing = "signal=KILL";

    // Later calls of a thread are the same in a new store and in one that is opened again, so they are tried only in the latter.
    private const int CallsOfNewStore = 8;

    // Up to here all effects are tried at each call. Later, only a single EIO and kills are; the others at every other call.
    private const int CallsWithAllEffects = 4;

    private static readonly string[] Calls = ["fdatasync", "pwrite64", "fallocate", "openat", "rename", "fsync", "ftruncate", "unlink", "mkdir", Reading];
    private static readonly (string Effect, bool ForGood)[] Effects = [(Failing, false), (Failing, true), ("error=ENOSPC", false), (Killing, false)];

    private static readonly (string Call, string Effect, bool ForGood)[] More =
        [("pwrite64", "error=EFBIG", false), ("pwrite64", "error=EDQUOT", false), ("fallocate", "error=EDQUOT", true), ("openat", "error=EROFS", true), ("rename", "error=EROFS", true)];

    private static readonly bool[] Newness = [true, false];

    public override string Name => "calls";

    public override string Description => "system calls of a writing process fail or kill it, and the power is cut";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        List<string> missing = [.. Needs.MissingForLoopDisks(), .. Needs.MissingForTracing()];
        if (missing.Count > 0)
            return LayerReport.Skipped(missing);
        var counts = new SystemCallCounts();
        var cases = from fault in Calls.SelectMany(c => Effects.Select(e => (Call: c, e.Effect, e.ForGood))).Concat(More)
                    where fault is not { Call: Reading } or (_, Failing, false) // a read needs no space and changes nothing
                    from isNew in Newness
                    select (fault.Call, fault.Effect, fault.ForGood, IsNew: isNew);
        List<string> violations = RunAll(cases, () => false, (c, stop) => RunAsync(c.Call, c.Effect, c.ForGood, c.IsNew, counts, stop).GetAwaiter().GetResult(), cancellationToken);
        return new LayerReport(
            [
                .. Calls.Select(c => ($"faults at {c}", counts.FaultsAt(c))),
                ("of all faults, kills", counts.Kills),
                ("refused to open, and opened afterwards", counts.Refused),
                ("failed, and opened afterwards", counts.Failed),
                ("went on", counts.WentOn),
                ("operations acknowledged", counts.Acknowledged),
                ("acknowledged and lost", counts.Lost),
            ],
            violations);
    }

    /// <summary>Tries one kind of fault at a thread's first calls, then at later ones, until the thread makes no more calls.</summary>
    private static async Task RunAsync(string call, string effect, bool forGood, bool isNew, SystemCallCounts counts, CancellationToken cancellationToken)
    {
        using var disk = LoopDisk.Create("ext4");
        var check = new WriterCheck();
        int run = 1;
        if (!isNew)
            await WriteAsync(disk, OptionsOf(disk, 0, run++), check, []);
        int calm = 0; // Closing a store makes more calls, so only two runs in a row without a fault end the loop.
        foreach (int at in Places(effect, forGood, isNew))
        {
            if (calm == 2 || cancellationToken.IsCancellationRequested)
                return;
            var fault = new SystemCallFault(call, effect, at, forGood);
            if (isNew)
                check = new WriterCheck();
            WriterOptions options = OptionsOf(disk, isNew ? at : 0, run++);
            string log = Path.Combine(disk.Root, "calls");
            try
            {
                (int code, WriterResult result) = await WriteAsync(disk, options, check, fault.Tracer(log, PathsOf(options)));
                if (!(fault.Kills ? code == Writer.Killed : SystemCallFault.IsInjected(log)))
                {
                    calm++;
                    continue;
                }

                calm = 0;
                counts.Add(fault, code, result);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{fault}, {(isNew ? "new store" : $"store opened again, run {options.Run}")}: {e.Message}", e);
            }
        }
    }

    /// <summary>Returns the numbers of a thread's calls at which the fault is tried.</summary>
    private static IEnumerable<int> Places(string effect, bool forGood, bool isNew)
    {
        bool everywhere = (effect, forGood) is (Failing, false) or (Killing, _);
        for (int at = 1; !isNew || at <= CallsOfNewStore; at += everywhere || at < CallsWithAllEffects ? 1 : 2)
            yield return at;
    }

    private static async Task<(int ExitCode, WriterResult Result)> WriteAsync(LoopDisk disk, WriterOptions options, WriterCheck check, IReadOnlyList<string> tracer)
    {
        using var process = WriterProcess.Start(options, tracer);
        await process.EndAsync(kill: false);
        if (process.ExitCode is not (Writer.Done or Writer.Killed or Writer.RefusedToOpen or Writer.Failed))
            throw new InvalidOperationException($"The writer ended with {process.ExitCode}: {string.Join(" ", process.Other)}");
        disk.CutPower();
        disk.Restart();
        return (process.ExitCode, await (options.Closes ? check.RunAsync(process) : check.RunOnCopyAsync(process)));
    }

    private static WriterOptions OptionsOf(LoopDisk disk, int store, int run) => new(Path.Combine(disk.Mount, $"store-{store}"), run)
    {
        Writers = 4,
        Operations = 10,
        Closes = store == 0 && run % 2 == 0,
        SegmentBytes = (int)LocalLogStoreOptions.MinSegmentBytes,
    };

    /// <summary>Returns all paths that a store uses, without the runtime's own files.</summary>
    private static IEnumerable<string> PathsOf(WriterOptions options)
    {
        string[] names = ["", "LOCK", "MANIFEST", "MANIFEST.tmp", "segments", "segments/cold.tmp", "index", "index/snapshot.tmp", "archive"];
        string segments = Path.Combine(options.Directory, "segments");
        List<uint> there = Directory.Exists(segments) ? [.. Directory.EnumerateFiles(segments, "*.wal").Select(f => uint.Parse(Path.GetFileNameWithoutExtension(f), CultureInfo.InvariantCulture)).Order()] : [];
        string[] cold = Directory.Exists(segments) ? Directory.GetFiles(segments, "*.cold") : [];
        uint next = there.LastOrDefault() + 1;
        return names.Select(n => Path.Combine(options.Directory, n).TrimEnd('/'))
            .Concat(cold)
            .Concat(there.TakeLast(Segments).Concat(Enumerable.Range(0, Segments).Select(i => next + (uint)i)).Select(n => Path.Combine(segments, $"{n:D10}.wal")));
    }
}

/// <summary>The counts of the system-call layer.</summary>
internal sealed class SystemCallCounts
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _faults = [];

    public long Kills { get; private set; }

    public long Refused { get; private set; }

    public long Failed { get; private set; }

    public long WentOn { get; private set; }

    public long Acknowledged { get; private set; }

    public long Lost { get; private set; }

    public long FaultsAt(string call) => _faults.GetValueOrDefault(call);

    public void Add(SystemCallFault fault, int exitCode, WriterResult result)
    {
        lock (_gate)
        {
            _faults[fault.Call] = FaultsAt(fault.Call) + 1;
            Kills += fault.Kills ? 1 : 0;
            Refused += exitCode == Writer.RefusedToOpen ? 1 : 0;
            Failed += exitCode == Writer.Failed ? 1 : 0;
            WentOn += exitCode == Writer.Done ? 1 : 0;
            Acknowledged += result.Acknowledged;
            Lost += result.Lost;
        }
    }
}
