using Actors.Reliability.Disk;
using Actors.Reliability.Model;
using Actors.Reliability.Workloads;

namespace Actors.Reliability.Layers;

/// <summary>
/// Damages a closed or open store, and continues to use it: appends, checkpoints that drop history, deletions, compaction, and new
/// owners. Reads of damaged data must fail and name the place, all other data must be right, and the damage must not spread: an
/// event that was readable once must stay readable as long as the log keeps it.
/// </summary>
internal sealed class DamageLayer : Layer
{
    private const int Stores = 3000;
    private const int Calls = 40;
    private const int Owners = 3;

    public override string Name => "damage";

    public override string Description => "random damage, then work: appends, retention, compaction and new owners";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        List<string> violations = RunAll(budget.SeedsOr(Stores), () => false, (seed, _) => Run(seed, Count), cancellationToken);
        return new LayerReport([.. counts.Select(c => (c.Key, c.Value))], violations);

        void Count(string what, long count)
        {
            lock (counts)
                counts[what] = counts.GetValueOrDefault(what) + count;
        }
    }

    /// <summary>Damages and uses the store of one seed.</summary>
    /// <exception cref="InvariantException">A promise was broken; the message says how to reproduce it.</exception>
    public static void Run(int seed, Action<string, long> count)
    {
        var random = new Random(seed);
        LocalLogStoreOptions options = DamagedWork.Options(random);
        var disk = new SimulatedDisk();
        var model = new LogModel();
        var time = new ManualTime();
        string damage = "no damage";
        try
        {
            SimulatedStore store = SimulatedStore.Start(options, disk, model, time, seed);
            DamagedWork.Run(store, random, Calls);
            Require(store);
            count("stores", 1);
            bool isLive = random.Next(3) == 0;
            if (isLive)
            {
                damage = Decay.Of(disk, random) + " under the open store";
                store.IsDamaged = true;
            }
            else
            {
                store.Close();
                disk = disk.AfterCrash();
                damage = Decay.Of(disk, random);
                if (Reopen(options, disk, model, time, seed) is not { } opened)
                {
                    count("→ refused, with the place", 1);
                    return;
                }

                store = opened;
            }

            GoOn(store, options, disk, model, time, random, seed, isLive, count);
        }
        catch (Exception e)
        {
            throw new InvariantException($"Seed {seed}, retention {options.Retention}, {damage}: {(e is InvariantException ? e.Message : e)}", e);
        }
    }

    private static void GoOn(
        SimulatedStore store, LocalLogStoreOptions options, SimulatedDisk disk, LogModel model, ManualTime time, Random random, int seed, bool isLive, Action<string, long> count)
    {
        HashSet<(string, long)> unreadable = DamagedCheck.Unreadable(store.Store, model.Newest);
        count(unreadable.Count > 0 ? "→ events or replays that can't be read" : "→ everything can be read", 1);
        for (int owner = 0; owner < Owners; owner++)
        {
            DamagedWork.Run(store, random, Calls);
            Require(store);
            HashSet<(string, long)> now = DamagedCheck.Unreadable(store.Store, model.Newest);
            count("calls refused for damage", store.RefusedForDamage);
            count("segments compacted beside damage", unreadable.Count > 0 ? store.Store.Parts.Compactor.Counters.Segments : 0);
            now.ExceptWith(unreadable);
            if (now.Count > 0)
                throw new InvariantException($"Damage has spread: {string.Join(", ", now)} could be read before.");
            store.Close();
            if (Reopen(options, disk, model, time, seed + owner) is not { } next)
            {
                count(isLive ? "→ refused by the next owner, with the place (damage under an open store)" : "→ refused by a later owner, with the place (damage of a closed store that had opened)", 1);
                return;
            }

            store = next;

            // The store that was open during the damage had the heads of its open streams in memory. The next store must read them.
            if (owner == 0 && isLive)
                unreadable.UnionWith(DamagedCheck.Unreadable(store.Store, model.Newest));
        }
    }

    private static SimulatedStore? Reopen(LocalLogStoreOptions options, SimulatedDisk disk, LogModel model, ManualTime time, int seed)
    {
        try
        {
            long acknowledged = model.Last;
            SimulatedStore store = SimulatedStore.StartDamaged(options, disk, model, time, seed);
            long last = store.Store.Recovery.LastLsn.Value;
            return last == acknowledged ? store : throw new InvariantException($"The closed log ended at LSN {acknowledged}, and opens at {last}.");
        }
        catch (LogCorruptException e) when (e.File.Length > 0)
        {
            return null;
        }
    }

    private static void Require(SimulatedStore store)
    {
        if (!store.HasFailed && store.Model.Operations.FirstOrDefault(o => o.Outcome != OperationOutcome.Acknowledged) is { } open)
            throw new InvariantException($"{open}: it was not answered.");
        if (store.Unexpected is { } error)
            throw new InvariantException($"A call ended with {error.GetType().Name}: {error.Message}", error);
        if (store.HasFailed)
            throw new InvariantException($"The store has failed: {store.Store.Parts.Queue.Failure}");
    }
}
