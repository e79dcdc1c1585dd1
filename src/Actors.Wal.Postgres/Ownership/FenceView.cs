using System.Globalization;

namespace Actors.Wal.Postgres.Ownership;

/// <summary>The transactions that one look at the fences could see: those that had ended.</summary>
/// <param name="Next">The first transaction that had not begun.</param>
/// <param name="Running">The transactions before it that had not ended.</param>
/// <param name="ServerStarted">When the server started. Another server counts its transactions differently.</param>
/// <param name="Timestamp">This process's clock before the look.</param>
internal sealed record FenceView(ulong Next, ulong[] Running, DateTime ServerStarted, long Timestamp)
{
    /// <summary>Parses the text of a snapshot: <c>oldest:next:running,running,…</c>.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="raise">The number that the store adds to the server's transaction numbers.</param>
    /// <param name="serverStarted">When the server started.</param>
    /// <param name="timestamp">This process's clock before the look.</param>
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
