using Actors.Reliability.Disk;
using Actors.Reliability.Layers;
using Actors.Reliability.Model;
using Actors.Reliability.Workloads;

namespace Actors.Reliability.Tests;

public sealed class CrashTests
{
    public static TheoryData<string> Workloads => [.. Catalogue.All.Select(w => w.Name)];

    /// <summary>The layer tries many more second cuts in the same workloads.</summary>
    [Theory]
    [MemberData(nameof(Workloads))]
    public void Durability_guarantees_hold_at_every_loss_of_power(string workload)
    {
        CrashCounts counts = CrashLayer.Run(Catalogue.All.Single(w => w.Name == workload), seed: 1, secondCrashEvery: 32);
        Assert.True(counts.Images > 50);
        Assert.True(counts.ImagesOfRecovery > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_calls_are_durable(int seed)
        => Assert.True(CrashLayer.Run(RandomWorkload.Of(seed, calls: 30), seed, secondCrashEvery: 32).Images > 50);

    /// <summary>Such a disk is not recovered again, but what was promised since is asked of it.</summary>
    [Fact]
    public void An_equal_disk_is_checked_for_later_acknowledgements()
    {
        var disk = new SimulatedDisk();
        var model = new LogModel();
        SimulatedStore store = SimulatedStore.Start(Catalogue.Small, disk, model, new ManualTime(), seed: 1);
        store.Append("a");
        var counts = new CrashCounts();
        var explorer = new CrashExplorer(Catalogue.Small with { Time = new ManualTime() }, seed: 1, secondCrashEvery: 1, counts, CancellationToken.None);
        explorer.Cut(disk, model);
        explorer.Cut(disk, model);
        Assert.Null(explorer.Violation);
        long equal = counts.Equal;
        model.Answer(model.Operations[^1], OperationOutcome.Acknowledged);
        explorer.Cut(disk, model);
        Assert.Contains("acknowledged as durable", explorer.Violation?.Message);
        Assert.True(equal > 0);
    }

    /// <summary>Recovery refused a log for a gap that its own deletion of two empty segments had left.</summary>
    [Fact]
    public void Deleting_unused_segments_leaves_no_gap_whichever_of_the_deletions_survives()
        => CrashLayer.Run(Catalogue.All.Single(w => w.Name == "records over several sectors"), seed: 1);

    /// <summary>The second of two truncations under way took back what the first had dropped.</summary>
    [Fact]
    public void A_truncation_that_comes_late_brings_no_event_back()
        => CrashLayer.Run(RandomWorkload.Of(4, calls: 60), seed: 4, secondCrashEvery: 64);
}
