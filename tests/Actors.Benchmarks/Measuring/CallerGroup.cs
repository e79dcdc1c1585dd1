namespace Actors.Benchmarks.Measuring;

/// <summary>The callers of one measurement, and what they have in common.</summary>
internal sealed class CallerGroup
{
    // A crowd of callers times every eighth call, each a different one: reading the clock must not become part of what is measured.
    private const int CrowdTimesEvery = 8;

    private readonly Caller[] _callers;
    private volatile bool _stopping;
    private volatile bool _counting;

    /// <param name="count">How many callers.</param>
    /// <param name="latencies">Where their latencies go.</param>
    /// <param name="callsEach">How many calls each makes unless stopped before.</param>
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

    /// <summary>Whether latencies count: not while the callers only get going.</summary>
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

    /// <summary>Starts all callers; the task ends when each has stopped. One that fails stops the others.</summary>
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
