namespace Actors.Benchmarks.Measuring;

/// <summary>The callers of one measurement, and their shared state.</summary>
internal sealed class CallerGroup
{
    // Several callers time only every eighth call, each a different one, because reading the clock would affect the result.
    private const int CrowdTimesEvery = 8;

    private readonly Caller[] _callers;
    private volatile bool _stopping;
    private volatile bool _counting;

    /// <param name="count">The number of callers.</param>
    /// <param name="latencies">Receives their latencies.</param>
    /// <param name="callsEach">The number of calls that each makes unless it is stopped before.</param>
    public CallerGroup(int count, LatencyHistogram latencies, long callsEach = long.MaxValue)
    {
        CallsEach = callsEach;
        TimedEvery = count == 1 ? 1 : CrowdTimesEvery;
        Latencies = latencies;
        _callers = [.. Enumerable.Range(0, count).Select(i => new Caller(this, i))];
    }

    public int Count => _callers.Length;

    public LatencyHistogram Latencies { get; }

    public int TimedEvery { get; }

    public long CallsEach { get; }

    public bool IsStopping => _stopping;

    /// <summary>Whether latencies are recorded. They are not during the ramp-up.</summary>
    public bool IsCounting
    {
        get => _counting;
        set => _counting = value;
    }

    public long Calls
    {
        get
        {
            long calls = 0;
            foreach (Caller caller in _callers)
                calls += caller.Calls;
            return calls;
        }
    }

    public bool HasEveryoneCalled => Array.TrueForAll(_callers, c => c.Calls > 0);

    /// <summary>Starts all callers; the task ends when all have stopped. A caller that fails stops the others.</summary>
    public Task StartAsync(Func<Caller, Task> call)
        => Task.WhenAll(_callers.Select(c => Task.Run(() => RunAsync(c, call))).ToList());

    public void Stop() => _stopping = true;

    private async Task RunAsync(Caller caller, Func<Caller, Task> call)
    {
        try
        {
            await call(caller);
        }
        catch
        {
            Stop();
            throw;
        }
    }
}
