using System.Diagnostics;
using Actors.Wal.Threads;

namespace Actors.Wal.Tests.Threads;

/// <summary>The signal that puts the store's threads to sleep and wakes them, in both of its ways.</summary>
public sealed class WakeSignalTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    public static TheoryData<bool> Ways => Futex.IsSupported ? [true, false] : [false];

    [Fact]
    public void On_Linux_it_is_a_futex()
        => Assert.Equal(OperatingSystem.IsLinux() && Environment.Is64BitProcess, Futex.IsSupported);

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_was_set_before_is_not_waited_for_and_counts_once(bool futex)
    {
        var signal = new WakeSignal(futex);
        signal.Set();
        signal.Set();
        long start = Stopwatch.GetTimestamp();
        signal.Wait(Long);
        Assert.True(Stopwatch.GetElapsedTime(start) < Long);
        start = Stopwatch.GetTimestamp();
        signal.Wait(Soon);
        Assert.True(Stopwatch.GetElapsedTime(start) >= Soon);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Who_waited_in_vain_is_not_woken_by_that_wait_later(bool futex)
    {
        var signal = new WakeSignal(futex);
        signal.Wait(Soon);
        signal.Wait(TimeSpan.Zero);
        signal.Set();
        long start = Stopwatch.GetTimestamp();
        signal.Wait(null);
        signal.Wait(Soon);
        Assert.True(Stopwatch.GetElapsedTime(start) >= Soon);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Nobody_is_left_asleep_however_the_two_meet(bool futex)
    {
        const int Rounds = 20_000;
        var ball = new WakeSignal(futex);
        var back = new WakeSignal(futex);
        int seen = 0;
        var other = new Thread(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                ball.Wait(null);
                seen++;
                back.Set();
            }
        });
        other.Start();
        for (int i = 0; i < Rounds; i++)
        {
            // Some find the other asleep, some on its way to sleep, some still awake.
            if (i % 3 == 0)
                Thread.Yield();
            ball.Set();
            back.Wait(i % 2 == 0 ? null : Long);
            Assert.Equal(i + 1, seen);
        }

        other.Join();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Many_may_set_it_at_once(bool futex)
    {
        const int Setters = 4;
        const int Each = 20_000;
        var signal = new WakeSignal(futex);
        int sent = 0;
        Thread[] setters = [.. Enumerable.Range(0, Setters).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                Interlocked.Increment(ref sent);
                signal.Set();
            }
        }))];
        foreach (Thread setter in setters)
            setter.Start();

        // Whatever was counted before the flag was set is seen by whom it wakes: so the last one is, too.
        while (Volatile.Read(ref sent) < Setters * Each)
            signal.Wait(null);
        foreach (Thread setter in setters)
            setter.Join();
        Assert.Equal(Setters * Each, sent);
    }
}
