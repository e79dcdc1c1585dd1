using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Actors.Wal.Threads;

/// <summary>A flag that one thread waits for and any thread sets. If it is set before the wait, the wait ends at once.</summary>
/// <param name="futex">Whether the thread sleeps in a futex; if not, in a monitor.</param>
internal sealed unsafe class WakeSignal(bool futex)
{
    private const int Clear = 0;
    private const int Raised = 1;
    private const int Awaited = 2;

    // Pinned, because the system call needs a fixed address. On a cache line of its own, so that sets do not slow down other data.
    private readonly int[] _line = GC.AllocateArray<int>(32, pinned: true);
    private readonly object _gate = new();

    public WakeSignal()
        : this(Futex.IsSupported)
    {
    }

    private ref int State => ref _line[16];

    public void Set()
    {
        if (Interlocked.Exchange(ref State, Raised) == Awaited)
            Wake();
    }

    /// <summary>Waits until the flag was set or the time has passed, and clears it.</summary>
    public void Wait(TimeSpan? timeout)
    {
        long start = Stopwatch.GetTimestamp();
        while (Interlocked.CompareExchange(ref State, Awaited, Clear) != Raised)
        {
            TimeSpan? left = timeout is { } t ? t - Stopwatch.GetElapsedTime(start) : null;
            if (left <= TimeSpan.Zero)
                break;
            Sleep(left);
        }

        Interlocked.Exchange(ref State, Clear);
    }

    /// <summary>Sleeps until the flag is set or the time has passed; may return early.</summary>
    private void Sleep(TimeSpan? timeout)
    {
        if (futex)
        {
            Futex.Wait(Address, Awaited, timeout);
            return;
        }

        lock (_gate)
        {
            // Rounded up: waking a millisecond early would only mean waiting again.
            int milliseconds = timeout is { } t ? (int)Math.Min(int.MaxValue, Math.Ceiling(t.TotalMilliseconds)) : Timeout.Infinite;
            if (Volatile.Read(ref State) == Awaited)
                Monitor.Wait(_gate, milliseconds);
        }
    }

    private void Wake()
    {
        if (futex)
        {
            Futex.Wake(Address);
            return;
        }

        lock (_gate)
            Monitor.Pulse(_gate);
    }

    private int* Address => (int*)Marshal.UnsafeAddrOfPinnedArrayElement(_line, 16);
}
