using Orleans.EventSourcing;

namespace Actors.Orleans.JournaledGrains;

/// <summary>The counters that a journaled grain may ask for. They have the names that Orleans' own providers use.</summary>
internal sealed class JournaledGrainStatistics
{
    private LogConsistencyStatistics? _counts;

    public void Enable() => _counts = new LogConsistencyStatistics { EventCounters = [], StabilizationLatenciesInMsecs = [] };

    public void Disable() => _counts = null;

    public LogConsistencyStatistics? Read() => _counts;

    public void Count(string what)
    {
        if (_counts is { } counts)
            counts.EventCounters[what] = counts.EventCounters.GetValueOrDefault(what) + 1;
    }

    /// <summary>Counts events that became durable, and how long that took.</summary>
    public void CountWritten(TimeSpan took)
    {
        if (_counts is not { } counts)
            return;
        Count("WritebackEvents");
        counts.StabilizationLatenciesInMsecs.Add((int)took.TotalMilliseconds);
    }
}
