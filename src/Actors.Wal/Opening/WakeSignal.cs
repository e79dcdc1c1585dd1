namespace Actors.Wal.Opening;

/// <summary>A flag that one thread waits for and any thread sets; setting it before the wait is remembered.</summary>
internal sealed class WakeSignal
{
    private readonly object _gate = new();
    private bool _set;

    public void Set()
    {
        lock (_gate)
        {
            _set = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Waits until the flag was set or the time has passed, and clears it.</summary>
    public void Wait(TimeSpan? timeout)
    {
        lock (_gate)
        {
            if (!_set)
            {
                // Rounded up: waking a millisecond early would only mean waiting again.
                int milliseconds = timeout is { } t ? (int)Math.Min(int.MaxValue, Math.Ceiling(t.TotalMilliseconds)) : Timeout.Infinite;
                Monitor.Wait(_gate, milliseconds);
            }

            _set = false;
        }
    }
}
