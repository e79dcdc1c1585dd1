using Actors.Explorer.Stores;
using Actors.Wal.Local;

namespace Actors.Explorer.Sources;

/// <summary>What an operator should see to.</summary>
internal static class StoreWarnings
{
    private const double FullShare = 0.8;

    public static IReadOnlyList<StoreWarning> Of(LocalStoreStatistics s) => [.. All(s)];

    private static IEnumerable<StoreWarning> All(LocalStoreStatistics s)
    {
        if (s.Failure is { } failure)
            yield return new($"The store failed and accepts nothing more: {failure.Message}", "Restart the silo. The opening reads from the device what was really kept.");
        foreach (var damage in s.Damages)
            yield return new(damage.Message, "Back up what can be read, and restore or salvage the damaged files. The store may not open again with them.");
        if (s.Full is { } full)
            yield return new(full.Message, "Make room on the disk, let streams keep less, or delete some.");
        else if (s.QuotaBytes is { } quota && s.FileBytes >= FullShare * quota)
            yield return new($"The store takes {s.FileBytes:N0} bytes of its quota of {quota:N0}, beyond which appends are rejected.", "Let streams keep less, delete some, or raise QuotaBytes.");
        if (s.ClockAhead > TimeSpan.Zero)
            yield return new($"The machine's clock has jumped forward, and is {s.ClockAhead} ahead of the times that the store gives.", "If the clock is wrong, set it right. If it is right, wait, or start the silo again.");
        if (s.ArchiveFailure is { } archive)
            yield return new($"The archive does not take segments, and compaction waits: {archive.Message}", "Repair the archive.");
        if (s.CompactionFailure is { } compaction)
            yield return new($"Compaction failed, and the log takes more room than it needs: {compaction.Message}", "Look at the disk.");
    }
}
