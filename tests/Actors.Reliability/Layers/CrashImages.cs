using Actors.Reliability.Disk;

namespace Actors.Reliability.Layers;

/// <summary>Chooses which pending changes survive a crash: every combination of a few, many random ones of more.</summary>
internal static class CrashImages
{
    private const int MostExhaustive = 6;
    private const int RandomImages = 64;
    private const int RandomImagesOfRecovery = 16;

    /// <summary>Returns the combinations to try.</summary>
    /// <param name="pending">The pending changes.</param>
    /// <param name="random">Chooses when there are too many combinations.</param>
    /// <param name="thorough">True for at most 64 combinations and some torn sectors; false for at most 16 combinations.</param>
    public static IEnumerable<List<Survivor>> Of(IReadOnlyList<PendingChange> pending, Random random, bool thorough)
    {
        int limit = thorough ? RandomImages : RandomImagesOfRecovery;
        if (pending.Count <= MostExhaustive && 1 << pending.Count <= limit && pending.All(p => p.Versions == 1))
        {
            for (int bits = 0; bits < 1 << pending.Count; bits++)
                yield return [.. pending.Where((_, i) => (bits >> i & 1) != 0).Select(p => new Survivor(p, 1))];
        }
        else
        {
            yield return [];
            yield return [.. pending.Select(p => new Survivor(p, p.Versions))];
            for (int i = 2; i < limit; i++)
                yield return RandomOf(pending, random, tears: i % 2 == 0);
        }

        if (!thorough)
            yield break;
        foreach (PendingChange torn in pending.Where(p => p.Sector is not null).Take(MostExhaustive))
        {
            int at = TornAt(random);
            yield return [new Survivor(torn, torn.Versions, at)];
            yield return [.. pending.Select(p => new Survivor(p, p.Versions, p == torn ? at : 0))];
        }
    }

    private static List<Survivor> RandomOf(IReadOnlyList<PendingChange> pending, Random random, bool tears)
    {
        // In some images nearly all changes survive, in others nearly none.
        int density = random.Next(1, 16);
        var survivors = new List<Survivor>();
        foreach (PendingChange change in pending)
        {
            if (random.Next(16) < density)
                survivors.Add(new Survivor(change, random.Next(1, change.Versions + 1), tears && change.Sector is not null && random.Next(8) == 0 ? TornAt(random) : 0));
        }

        return survivors;
    }

    private static int TornAt(Random random)
    {
        int at = random.Next(1, SimulatedFile.SectorBytes);
        return random.Next(2) == 0 ? at : -at;
    }
}
