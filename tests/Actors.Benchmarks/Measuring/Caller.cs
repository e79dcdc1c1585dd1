using System.Diagnostics;

namespace Actors.Benchmarks.Measuring;

/// <summary>A caller of a measurement. It counts its calls and measures the latency of some of them.</summary>
internal sealed class Caller(CallerGroup group, int index)
{
    private long _calls;
    private long _started;
    private bool _timed;
    private bool _calling;

    public int Index => index;

    /// <summary>Whether there are other callers.</summary>
    public bool HasCompany => group.Count > 1;

    /// <summary>The number of completed calls.</summary>
    public long Calls => Volatile.Read(ref _calls);

    /// <summary>Ends the call under way, if there is one, and starts the next. Returns false when the caller must stop.</summary>
    public bool Next()
    {
        if (_calling)
            End();
        if (group.IsStopping || _calls == group.CallsEach)
            return false;
        Begin();
        return true;
    }

    public void Begin()
    {
        _calling = true;
        _timed = (_calls + index) % group.TimedEvery == 0;
        if (_timed)
            _started = Stopwatch.GetTimestamp();
    }

    public void End()
    {
        _calling = false;
        if (_timed && group.IsCounting)
            group.Latencies.Record(Stopwatch.GetTimestamp() - _started);
        Volatile.Write(ref _calls, _calls + 1);
    }
}
