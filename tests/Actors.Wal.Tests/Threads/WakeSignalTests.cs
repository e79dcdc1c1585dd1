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
    public void Linux_supports_futexes()
        => Assert.Equal(OperatingSystem.IsLinux() && Environment.Is64BitProcess, Futex.IsSupported);

    [Theory]
    [MemberData(nameof(Ways))]
    public void Signals_before_a_wait_end_it_at_once_and_count_once(bool futex)
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
    public void A_timed_out_wait_leaves_no_stale_wakeup(bool futex)
    {
        var signal = new WakeSignal(futex);
        signal.Wait(Soon);
        signal.Wait(TimeSpan.Zero);
        signal.Set();
        signal.Wait(Long);
        long start = Stopwatch.GetTimestamp();
        signal.Wait(Soon);
        Assert.True(Stopwatch.GetElapsedTime(start) >= Soon);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void No_wakeup_is_lost_when_set_and_wait_race(bool futex)
    {
        const int Rounds = 20_000;
        var ball = new WakeSignal(futex);
        var back = new WakeSignal(futex);
        int seen = 0;
        int early = 0;
        Thread one = Start(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                // Some find the other asleep, some on its way to sleep, some still awake.
                if (i % 3 == 0)
                    Thread.Yield();
                ball.Set();
                back.Wait(i % 2 == 0 ? null : Long);
                if (Volatile.Read(ref seen) != i + 1)
                    early++;
            }
        });
        Thread other = Start(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                ball.Wait(null);
                Interlocked.Increment(ref seen);
                back.Set();
            }
        });
        Assert.True(one.Join(Long) && other.Join(Long), $"Somebody sleeps after {seen} rounds.");
        Assert.Equal(Rounds, seen);
        Assert.Equal(0, early);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Many_threads_may_signal(bool futex)
    {
        const int Setters = 4;
        const int Each = 20_000;
        var signal = new WakeSignal(futex);
        int sent = 0;

        // Whatever was counted before the flag was set is seen by whom it wakes: so the last one is, too.
        Thread waiter = Start(() =>
        {
            while (Volatile.Read(ref sent) < Setters * Each)
                signal.Wait(null);
        });
        for (int s = 0; s < Setters; s++)
        {
            Start(() =>
            {
                for (int i = 0; i < Each; i++)
                {
                    Interlocked.Increment(ref sent);
                    signal.Set();
                }
            });
        }

        Assert.True(waiter.Join(Long), $"The waiter sleeps; {sent} were sent.");
        Assert.Equal(Setters * Each, sent);
    }

    /// <summary>In the background: one that sleeps for ever fails its test, and holds up no other.</summary>
    private static Thread Start(ThreadStart run)
    {
        var thread = new Thread(run) { IsBackground = true };
        thread.Start();
        return thread;
    }
}
