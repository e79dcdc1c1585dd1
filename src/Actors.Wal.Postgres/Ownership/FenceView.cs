using System.Globalization;

namespace Actors.Wal.Postgres.Ownership;

/// <summary>Which transactions a look at the fences could see: those that had ended.</summary>
/// <param name="Next">The first transaction that had not begun.</param>
/// <param name="Running">Those before it that had not ended.</param>
/// <param name="ServerStarted">Since when the server runs: another one counts its transactions differently.</param>
/// <param name="Timestamp">By this process's clock, before the look.</param>
internal sealed record FenceView(ulong Next, ulong[] Running, DateTime ServerStarted, long Timestamp)
{
    /// <summary>Of the text of a snapshot: <c>oldest:next:running,running,…</c>.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="raise">What the store adds to the server's transaction numbers.</param>
    /// <param name="serverStarted">Since when the server runs.</param>
    /// <param name="timestamp">Before the look.</param>
    public static FenceView Of(string snapshot, ulong raise, DateTime serverStarted, long timestamp)
    {
        string[] parts = snapshot.Split(':');
        return new FenceView(
            ulong.Parse(parts[1], CultureInfo.InvariantCulture) + raise,
            [.. parts[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(tx => ulong.Parse(tx, CultureInfo.InvariantCulture) + raise)],
            serverStarted,
            timestamp);
    }
}
