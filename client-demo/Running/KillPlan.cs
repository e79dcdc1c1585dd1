namespace Actors.ClientDemo.Running;

/// <summary>When a run's kills come.</summary>
internal static class KillPlan
{
    /// <summary>The run in equal parts, with a kill somewhere in every second one, by the seed; of one kill, in the middle third.</summary>
    /// <param name="total">The run's length, in whatever it is counted.</param>
    /// <param name="kills">How many kills there are.</param>
    /// <param name="kill">Which of them, from 0.</param>
    /// <param name="seed">The seed.</param>
    public static long Point(int total, int kills, int kill, int seed)
    {
        int part = Math.Max(1, total / (2 * kills + 1));
        return (2L * kill + 1) * part + new Random(seed + kill).Next(part);
    }
}
