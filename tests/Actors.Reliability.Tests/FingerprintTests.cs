using Actors.Reliability.Disk;
using Actors.Reliability.Layers;
using Actors.Reliability.Model;
using Actors.Reliability.Workloads;

namespace Actors.Reliability.Tests;

/// <summary>A disk that equals another one is not recovered again, so none may be taken for another.</summary>
public sealed class FingerprintTests
{
    [Fact]
    public void Disks_have_the_same_fingerprint_only_with_the_same_bytes_and_names()
    {
        SimulatedDisk disk = Disk();
        var fingerprints = new HashSet<UInt128> { disk.Fingerprint() };
        Assert.All(Damage.All(disk, new Random(1)).Where(d => d.Kind is "bits flipped" or "files cut" or "files lost"), d => Assert.True(fingerprints.Add(d.Disk.Fingerprint()), d.Description));
        Assert.True(fingerprints.Count > 10_000);
        Assert.Equal(disk.Fingerprint(), disk.AfterCrash().Fingerprint());
        Assert.Equal(disk.Fingerprint(), Disk().Fingerprint());
    }

    /// <summary>Contents that changed places are a change too.</summary>
    [Fact]
    public void A_file_under_another_name_is_another_disk()
    {
        SimulatedDisk disk = Disk();
        UInt128 before = disk.Fingerprint();
        disk.Rename("MANIFEST", "MANIFEST.tmp");
        Assert.NotEqual(before, disk.Fingerprint());
        disk.Rename("MANIFEST.tmp", "MANIFEST");
        Assert.Equal(before, disk.Fingerprint());
    }

    [Fact]
    public void Equal_disks_are_counted_and_recovered_once()
    {
        CrashCounts counts = CrashLayer.Run(Catalogue.All.Single(w => w.Name == "truncation"), seed: 1);
        Assert.InRange(counts.Equal, 1, counts.AllImages - 100);
    }

    private static SimulatedDisk Disk()
    {
        var disk = new SimulatedDisk();
        SimulatedStore store = SimulatedStore.Start(Catalogue.Small, disk, new LogModel(), new ManualTime(), seed: 1);
        store.Append("a", bytes: 600);
        store.Settle();
        store.Close();
        return disk.AfterCrash();
    }
}
