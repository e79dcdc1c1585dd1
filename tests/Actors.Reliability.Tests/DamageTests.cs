using Actors.Reliability.Disk;
using Actors.Reliability.Layers;
using Actors.Reliability.Model;
using Actors.Reliability.Machines;
using Actors.Reliability.Mutants;
using Actors.Reliability.Workloads;

namespace Actors.Reliability.Tests;

public sealed class DamageTests
{
    /// <summary>A closed store opened without a word with half of its events.</summary>
    [Fact]
    public void A_closed_segment_that_was_cut_to_its_header_is_refused()
    {
        var disk = new SimulatedDisk();
        SimulatedStore store = SimulatedStore.Start(Catalogue.Small, disk, new LogModel(), new ManualTime(), seed: 1);
        store.Append("a", bytes: 600);
        store.Settle();
        store.Close();
        disk = disk.AfterCrash();
        byte[] bytes = disk.Files.Single(f => f.Path.EndsWith(".wal", StringComparison.Ordinal)).File.Seen.ToArray();
        LogCorruptException refusal = Assert.Throws<LogCorruptException>(
            () => SimulatedStore.Open(Catalogue.Small, disk.With("segments/0000000001.wal", bytes[..512]), seed: 1));
        Assert.Equal("segments/0000000001.wal", refusal.File);
    }

    [Fact]
    public void Nothing_validates_elsewhere_or_with_a_flipped_bit()
        => Assert.Empty(new FormatLayer().Run(new LayerBudget(), TestContext.Current.CancellationToken).Violations);

    [Fact]
    public void Every_mutant_still_fits_the_sources()
    {
        string root = Repository.Root;
        Assert.All(Edits.All, edit =>
        {
            string[] around = File.ReadAllText(Path.Combine(root, edit.File)).Split(edit.Original);
            Assert.True(around.Length == 2, $"{edit.File} does not hold once what a mutant replaces: {edit.Original}");
        });
        Assert.All(Mutant.All, mutant => Assert.Contains(Edits.All, edit => edit.Planted.Contains($"\"{mutant.Name}\"", StringComparison.Ordinal)));
    }
}
