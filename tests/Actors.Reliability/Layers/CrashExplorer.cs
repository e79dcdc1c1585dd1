using System.Collections.Immutable;
using Actors.Reliability.Disk;
using Actors.Reliability.Model;
using Actors.Reliability.Workloads;
using Actors.Wal.Local;

namespace Actors.Reliability.Layers;

/// <summary>
/// Cuts the power before every operation of a disk, recovers from combinations of the pending changes, and
/// compares the result with the model. Cuts the power again during that recovery.
/// </summary>
internal sealed class CrashExplorer(LocalLogStoreOptions options, int seed, int secondCrashEvery, CrashCounts counts, CancellationToken stop)
{
    // One in this many distinct recovered logs is continued: append, close, open again.
    private const int ContinueEvery = 4;

    // One in this many openings reads the whole log instead of the index snapshot.
    private const int VerifyEvery = 3;

    private readonly Random _random = new(seed);
    private int _different;
    private readonly Dictionary<DiskState, (long Last, ImmutableSortedDictionary<string, ModelStream> Streams)> _recovered = [];

    /// <summary>The first broken promise. The interrupted store is not affected and continues.</summary>
    public InvariantException? Violation { get; private set; }

    /// <summary>Explores all further operations of a disk.</summary>
    /// <param name="disk">The disk of the running store.</param>
    /// <param name="model">The model of the operations that the store was given.</param>
    public void Watch(SimulatedDisk disk, LogModel model)
        => disk.Before = operation => Cut(disk, model, operation);

    /// <summary>Cuts the power now.</summary>
    public void Cut(SimulatedDisk disk, LogModel model, DiskOperation? before = null)
    {
        if (Violation is not null || stop.IsCancellationRequested)
            return;
        counts.Points++;
        long floor = model.Floor;
        foreach (List<Survivor> survivors in CrashImages.Of(disk.Pending(), _random, thorough: true))
        {
            counts.Images++;
            try
            {
                Recover(disk.AfterCrash(survivors), model, floor);
            }
            catch (Exception e)
            {
                Violation ??= new InvariantException(e.Message, e);
            }

            if (Violation is { } violation)
            {
                Violation = new InvariantException($"After a crash before operation {disk.Operations} ({before?.ToString() ?? "the end"}) that kept {Describe(survivors)}: {violation.Message}", violation);
                return;
            }
        }
    }

    private void Recover(SimulatedDisk image, LogModel model, long floor)
    {
        bool open = false;
        bool again = counts.Images % secondCrashEvery == 0;
        LocalLogStoreOptions opening = options with { VerifyOnOpen = counts.Images % VerifyEvery == 0 };
        DiskState state = StateOf(image, opening, again);
        if (IsKnown(state, model, floor, out _))
            return;
        if (again)
            image.Before = operation => CutRecovery(image, model, floor, operation, open);
        LocalLogStore store = SimulatedStore.Open(opening, image, seed);
        open = true;
        long last = store.Recovery.LastLsn.Value;
        if (store.Recovery.Torn is not null)
            counts.Torn++;
        ImmutableSortedDictionary<string, ModelStream> expected = ModelCheck.Prefix(model, last, floor);
        ModelCheck.Same(store, expected);
        image.Before = null;

        // The recovered records must stay, even if only the data that the recovery synced survives.
        if (again)
            CutRecovery(image, model, last, null, isFound: true);
        _recovered[state] = _recovered[state with { IsCutAgain = false }] = (last, expected);
        if (++_different % ContinueEvery == 0)
            Continue(image, model.Fork(last));
    }

    /// <summary>Cuts the power a second time. If the store was open, the second recovery must find exactly the same records.</summary>
    private void CutRecovery(SimulatedDisk image, LogModel model, long floor, DiskOperation? before, bool isFound)
    {
        foreach (List<Survivor> survivors in CrashImages.Of(image.Pending(), _random, thorough: false))
        {
            counts.ImagesOfRecovery++;
            try
            {
                SimulatedDisk disk = image.AfterCrash(survivors);
                DiskState state = StateOf(disk, options, isCutAgain: false);
                if (!IsKnown(state, model, floor, out long last))
                {
                    LocalLogStore store = SimulatedStore.Open(options, disk, seed);
                    last = store.Recovery.LastLsn.Value;
                    ImmutableSortedDictionary<string, ModelStream> expected = ModelCheck.Prefix(model, last, floor);
                    ModelCheck.Same(store, expected);
                    _recovered[state] = (last, expected);
                }

                if (isFound && last != floor)
                    throw new InvariantException($"The log ended at LSN {floor} when it was recovered, and at {last} when it was recovered again.");
            }
            catch (Exception e)
            {
                Violation ??= new InvariantException($"After a second crash, before operation {image.Operations} of recovery ({before?.ToString() ?? "the end"}), that kept {Describe(survivors)}: {e.Message}", e);
            }
        }
    }

    /// <summary>
    /// Returns whether a disk with the same bytes was recovered before. Its recovery gives the same result, so only the promises,
    /// which may have grown, are checked.
    /// </summary>
    private bool IsKnown(in DiskState state, LogModel model, long floor, out long last)
    {
        last = 0;
        if (!_recovered.TryGetValue(state, out (long Last, ImmutableSortedDictionary<string, ModelStream> Streams) found)
            || ModelCheck.Prefix(model, found.Last, floor) != found.Streams)
            return false;
        last = found.Last;
        counts.Equal++;
        return true;
    }

    private static DiskState StateOf(SimulatedDisk disk, LocalLogStoreOptions options, bool isCutAgain)
        => new(disk.Fingerprint(), options.Time.GetUtcNow(), options.VerifyOnOpen, isCutAgain);

    /// <summary>Continues the recovered log: it takes appends, closes, and opens again with all of them.</summary>
    private void Continue(SimulatedDisk image, LogModel model)
    {
        counts.Continued++;
        SimulatedDisk disk = image.AfterCrash();
        var time = new ManualTime();
        SimulatedStore store = SimulatedStore.Start(options, disk, model, time, seed);
        store.Append("continued", 2);
        store.AppendState("state");
        store.Flush();
        store.Settle();
        ModelCheck.Feed(store.Store, model.Newest);
        store.Close();
        ModelCheck.Same(SimulatedStore.Open(options, disk.AfterCrash(), seed), model.Newest);
        if (model.Operations[^2].Outcome != OperationOutcome.Acknowledged || model.Operations[^1].Outcome != OperationOutcome.Acknowledged)
            throw new InvariantException("Of the appends after recovery not all are acknowledged.");
    }

    private static string Describe(List<Survivor> survivors)
        => survivors.Count == 0 ? "nothing pending" : string.Join(", ", survivors.Select(Describe));

    /// <summary>All inputs of a recovery, and whether the power was cut during it.</summary>
    private readonly record struct DiskState(UInt128 Fingerprint, DateTimeOffset Now, bool Verifies, bool IsCutAgain);

    private static string Describe(Survivor survivor) => survivor.Change switch
    {
        { Name: { } name } => $"the name {name.Path}",
        { Sector: { } sector } => $"sector {sector}{(survivor.Change.Versions > 1 ? $" version {survivor.Version}" : "")}{(survivor.TornAt != 0 ? $" torn at {survivor.TornAt}" : "")}",
        _ => $"length {survivor.Version}",
    };
}
