using Actors.Wal.Format;

namespace Actors.Wal.Tests.Format;

public sealed class SpineTests
{
    [Fact]
    public void Each_event_jumps_to_its_number_with_the_lowest_digit_cleared()
    {
        Spine spine = default;
        for (long n = 1; n <= 70_000; n++)
        {
            // An event's location is its number here, so that a jump can be checked by eye.
            ulong? jump = spine.JumpOf(n)?.Value;
            long target = Spine.JumpTarget(n);
            Assert.Equal(target == 0 ? null : (ulong)target, jump);
            spine.Append(n, new FrameLocation((ulong)n));
        }

        Assert.Equal(0x11170 & ~0xFFL, Spine.JumpTarget(0x11170));
        Assert.True(spine.Count <= 5);
    }

    [Fact]
    public void Any_event_is_reached_in_few_steps()
    {
        const long Head = 1_000_000;
        int most = 0;
        foreach (long target in new long[] { 1, 2, 15, 16, 17, 4095, 4097, 65_537, 500_000, 999_999, Head })
        {
            int steps = 0;
            for (long at = Head; at != target; steps++)
                at = Spine.JumpTarget(at) >= target ? Spine.JumpTarget(at) : at - 1;
            most = Math.Max(most, steps);
        }

        Assert.InRange(most, 1, 300);
    }
}
