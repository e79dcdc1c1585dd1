using Actors.Reliability.Large;
using Actors.Reliability.Model;
using Actors.Wal.Local;

namespace Actors.Reliability.Layers;

/// <summary>
/// Damages a closed store of 1 GiB at random places and opens it; and damages an open store and reads there. The store must
/// return the written records, or refuse and name the place.
/// </summary>
internal sealed class LargeStoreLayer : Layer
{
    private const int Openings = 100;
    private const int Readings = 1_000;
    private const int RecordsAround = 4_000;

    public override string Name => "large";

    public override string Description => "random damage in a store of a gibibyte, closed and open";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var gate = new Lock();
        var cases = new (string Name, Func<LargeStore, int, Action<string>, CancellationToken, Task> Attack, int Seed)[]
        {
            ("opened", OpenAsync, budget.FirstSeed),
            ("read while open", ReadAsync, budget.FirstSeed + 1_000_000),
        };
        List<string> violations = RunAll(cases, () => false, (c, _) => AttackAsync(c.Attack, c.Seed, outcome => Count($"{c.Name}: {outcome}")).GetAwaiter().GetResult(), cancellationToken);
        return new LayerReport([.. counts.Select(c => (c.Key, c.Value))], violations);

        void Count(string what)
        {
            lock (gate)
                counts[what] = counts.GetValueOrDefault(what) + 1;
        }

        async Task AttackAsync(Func<LargeStore, int, Action<string>, CancellationToken, Task> attack, int seed, Action<string> count)
        {
            using LargeStore store = await LargeStore.WriteAsync(seed);
            lock (gate)
                counts["bytes in both stores"] = counts.GetValueOrDefault("bytes in both stores") + store.Files.Sum(f => new FileInfo(f).Length);
            await attack(store, seed, count, cancellationToken);
        }
    }

    private static async Task OpenAsync(LargeStore large, int firstSeed, Action<string> count, CancellationToken cancellationToken)
    {
        string[] files = [.. large.Files];
        var random = new Random(firstSeed);
        for (int i = 0; i < Openings && !cancellationToken.IsCancellationRequested; i++)
        {
            using var damage = FileDamage.Make(files[random.Next(files.Length)], random, mayCut: true);
            await JudgeAsync(large, damage, i, firstSeed, count, async () =>
            {
                await using LocalLogStore store = await LocalLogStore.OpenAsync(large.Options, cancellationToken);
                if (store.Recovery.LastLsn.Value != large.Records)
                    throw new InvariantException($"It opens and ends at LSN {store.Recovery.LastLsn}; {large.Records} was acknowledged.");
                await LargeStore.ReadAsync(store, new Lsn(1), large.Records);
            });
        }
    }

    private static async Task ReadAsync(LargeStore large, int firstSeed, Action<string> count, CancellationToken cancellationToken)
    {
        await using LocalLogStore store = await LocalLogStore.OpenAsync(large.Options, cancellationToken);
        var random = new Random(firstSeed);
        for (int i = 0; i < Readings && !cancellationToken.IsCancellationRequested; i++)
        {
            int segment = random.Next(large.Segments.Count);
            using var damage = FileDamage.Make(large.Segments[segment].Path, random, mayCut: false);
            (Lsn from, long records) = Around(large, segment, damage);
            await JudgeAsync(large, damage, i, firstSeed, count, () => LargeStore.ReadAsync(store, from, records));
        }
    }

    /// <summary>Reads, and counts the outcome: the written records, or a refusal that names the place of the damage.</summary>
    private static async Task JudgeAsync(LargeStore large, FileDamage damage, int number, int seed, Action<string> count, Func<Task> read)
    {
        try
        {
            await read();
            count("correct");
        }
        catch (LogCorruptException e)
        {
            RequireLocation(large, e, damage, number, seed);
            count("refused, with the place");
        }
        catch (InvariantException e)
        {
            throw Violation(damage, number, seed, e);
        }

        count(damage.Kind);
    }

    /// <summary>Returns the records around the damage.</summary>
    private static (Lsn From, long Count) Around(LargeStore large, int segment, FileDamage damage)
    {
        long first = large.Segments[segment].First.Value;
        long behind = segment + 1 < large.Segments.Count ? large.Segments[segment + 1].First.Value : large.Records + 1;
        long at = first + (long)((double)damage.Offset / new FileInfo(damage.Path).Length * (behind - first));
        long from = Math.Max(1, at - RecordsAround / 2);
        return (new Lsn(from), Math.Min(RecordsAround, large.Records + 1 - from));
    }

    private static void RequireLocation(LargeStore large, LogCorruptException error, FileDamage damage, int number, int seed)
    {
        bool isThere = Path.GetFileName(error.File) == Path.GetFileName(damage.Path)
            && error.OffsetBytes <= damage.Offset + FileDamage.SectorBytes
            && damage.Offset - error.OffsetBytes <= large.Options.MaxBatchBytes;
        if (!isThere)
            throw Violation(damage, number, seed, error);
    }

    private static InvariantException Violation(FileDamage damage, int number, int seed, Exception error)
        => new($"Damage {number} with seed {seed}, {damage.Kind} at {damage.Offset} of {Path.GetFileName(damage.Path)}: {error.Message}", error);
}
