using Actors.Wal;
using Actors.Wal.Local;

namespace Actors.ClientDemo.Tests;

/// <summary>What <c>/health/ready</c> of the silo's program says about its store, and what an operator reads there.</summary>
public sealed class StoreHealthTests : IDisposable
{
    private const int SegmentBytes = 64 * 1024;

    private readonly TestDirectory _directory = new();
    private readonly TestDirectory _archive = new();

    private long StoredBytes => _directory.Segments.Sum(s => new FileInfo(s).Length);

    public void Dispose()
    {
        _directory.Dispose();
        _archive.Dispose();
    }

    [Fact]
    public async Task Health_is_degraded_at_80_percent_of_the_quota_and_names_a_remedy()
    {
        await FillAsync(events: 200);
        long stored = StoredBytes;
        // An open store has one segment that it writes, and up to two that are ready.
        Assert.Equal("Healthy", await HealthAsync("QuotaBytes", $"{(stored + (4 * SegmentBytes)) * 10 / 8}"));
        long quota = (stored + SegmentBytes) * 10 / 8;
        string health = await HealthAsync("QuotaBytes", $"{quota}");
        Assert.StartsWith("Degraded\nwal: The store takes ", health, StringComparison.Ordinal);
        Assert.Contains($" bytes of its quota of {quota}, beyond which appends are rejected. Let streams keep less, delete some, or raise QuotaBytes.", health, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_is_degraded_without_room_for_a_segment_and_names_a_remedy()
    {
        await FillAsync(events: 200);
        // Room for the segment that an opening begins, and for what compaction needs.
        long quota = StoredBytes + (2 * SegmentBytes) + (SegmentBytes / 2);
        string health = await HealthAsync("QuotaBytes", $"{quota}", h => h.Contains("its quota is", StringComparison.Ordinal));
        Assert.StartsWith($"Degraded\nwal: The store in '{_directory.Path}' takes ", health, StringComparison.Ordinal);
        Assert.Contains($"its quota is {quota}. Nothing was written. Let streams keep less, delete some, or raise QuotaBytes", health, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_is_degraded_by_a_failing_archive_and_names_it()
    {
        await FillAsync(events: 20);
        IReadOnlyList<string> segments = _directory.Segments;
        string archived = Path.Combine(_archive.Path, "segments");
        Assert.Equal("Healthy", await HealthAsync("ArchiveDirectory", _archive.Path, _ => segments.All(s => File.Exists(Path.Combine(archived, Path.GetFileName(s))))));
        string blocked = Path.Combine(_archive.Path, "blocked");
        await File.WriteAllTextAsync(blocked, "a file where the archive's directory should be");
        string health = await HealthAsync("ArchiveDirectory", blocked, IsNotHealthy);
        Assert.StartsWith("Degraded\nwal: The archive does not take segments, and compaction waits: ", health, StringComparison.Ordinal);
        Assert.Contains(blocked, health, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_is_degraded_by_a_damaged_segment()
    {
        await FillAsync(events: 200, Retention.Last);
        Assert.Equal("Healthy", await HealthAsync("MaxDeadShare", "1"));
        string damaged = _directory.Segments[3];
        using (FileStream file = File.OpenWrite(damaged))
        {
            file.Position = SegmentBytes / 2;
            file.Write("something else"u8);
        }

        string health = await HealthAsync("MaxDeadShare", "0.5", IsNotHealthy);
        Assert.StartsWith("Degraded\nwal: Damaged segments: 1. The store may not open again with them. ", health, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(damaged), health, StringComparison.Ordinal);
    }

    private static bool IsNotHealthy(string health) => health != "Healthy";

    /// <summary>Makes a store of small segments with a snapshot of its index; without other retention, nothing in it can be compacted.</summary>
    private async Task FillAsync(int events, Retention? retention = null)
    {
        await using LocalLogStore store = await _directory.OpenAsync(o => o with
        {
            SegmentBytes = SegmentBytes,
            MaxBatchBytes = SegmentBytes / 2,
            MaxRecordBytes = SegmentBytes / 4,
            MaxDeadShare = 1,
        });
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("ledger"), new StreamOptions { Retention = retention });
        var payload = new EventData(new byte[12_000]);
        for (int i = 0; i < events; i++)
            await (retention is null ? stream.AppendAsync(payload) : stream.AppendStateAsync(payload));
        await store.CompactAsync(maxDeadShare: 1);
    }

    private async Task<string> HealthAsync(string setting, string value, Func<string, bool>? awaited = null)
    {
        (string Name, string Value)[] settings =
        [
            ("Directory", _directory.Path),
            ("SegmentBytes", $"{SegmentBytes}"),
            ("MaxBatchBytes", $"{SegmentBytes / 2}"),
            ("MaxRecordBytes", $"{SegmentBytes / 4}"),
            (setting, value),
        ];
        using var silo = new SiloProgram([.. settings.Select(s => $"--Orleans:GrainStorage:wal:{s.Name}={s.Value}")]);
        return await silo.ReadyAsync(awaited);
    }
}
