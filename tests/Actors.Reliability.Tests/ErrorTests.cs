using Actors.Reliability.Disk;
using Actors.Reliability.Layers;
using Actors.Reliability.Workloads;

namespace Actors.Reliability.Tests;

public sealed class ErrorTests
{
    public static TheoryData<string> Faults => [.. DiskFault.All.Select(f => f.Name)];

    /// <summary>The layer lets each operation fail with each fault, and this with one of them.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public void Durability_guarantees_hold_whichever_operation_fails(string fault)
    {
        int faults = DiskFault.All.Count;
        (int first, DiskFault planted) = DiskFault.All.Index().Single(f => f.Item.Name == fault);
        foreach (Workload workload in Catalogue.All)
        {
            int operations = ErrorLayer.OperationsOf(workload, seed: 1);
            for (int operation = 1 + first; operation <= operations; operation += faults)
                ErrorLayer.Run(workload, seed: 1, planted, operation, new ErrorCounts());
        }
    }

    /// <summary>Recovery took a header from the cache, dropped the cache, and found the segment neither used nor unused.</summary>
    [Fact]
    public void A_segment_whose_first_flush_failed_does_not_keep_the_store_from_opening()
        => ErrorLayer.Run(
            Catalogue.All.Single(w => w.Name == "segments that fill up"), seed: 1, DiskFault.All.Single(f => f.Name == "EIO"), operation: 42, new ErrorCounts());

    /// <summary>A file that a failed attempt could not delete made the next attempt fail for good.</summary>
    [Fact]
    public void Leftovers_of_a_failed_attempt_on_a_full_disk_do_not_block_the_next()
    {
        Workload workload = RandomWorkload.Of(9, calls: 40);
        for (int operation = 1; operation <= ErrorLayer.OperationsOf(workload, seed: 9); operation++)
            ErrorLayer.Run(workload, seed: 9, DiskFault.All.Single(f => f.Name == "ENOSPC for a while"), operation, new ErrorCounts());
    }

    /// <summary>The frames of a batch were made for the end of one segment, and the batch went to the start of the next.</summary>
    [Fact]
    public void A_small_append_after_a_rejected_large_one_has_the_right_location()
        => ErrorLayer.RunWithin(12_151, RandomWorkload.Of(7, calls: 40), seed: 7, new ErrorCounts());
}
