namespace Actors.ClientDemo.Running;

/// <summary>Decides when the kills of a run happen.</summary>
internal static class KillPlan
{
    /// <summary>Divides the run into equal parts and picks by the seed a point in every second part; with one kill, in the middle third.</summary>
    /// <param name="total">The run's length, in any unit.</param>
    /// <param name="kills">How many kills there are.</param>
    /// <param name="kill">The number of this kill, from 0.</param>
    /// <param name="seed">The seed.</param>
    public static long Point(int total, int kills, int kill, int seed)
    {
        int part = Math.Max(1, total / (2 * kills + 1));
        return (2L * kill + 1) * part + new Random(seed + kill).Next(part);
    }
}
