using System.Diagnostics;
using Actors.Benchmarks.Scenarios;

namespace Actors.Benchmarks.Measuring;

/// <summary>What one measurement gives.</summary>
internal readonly record struct Sample(double OperationsPerSecond, double AllocatedBytesPerOperation);

/// <summary>
/// Measures a scenario once. It runs on a thread of its own: under thousands of callers a timer's continuation would
/// wait behind them in the pool.
/// </summary>
internal sealed class Measurement(Scenario scenario, int callers, TimeSpan window, LatencyHistogram latencies)
{
    private static readonly TimeSpan LeastRamp = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    private readonly CallerGroup _group = new(callers, latencies);

    public Task<Sample> RunAsync(CancellationToken cancellationToken)
        => Task.Factory.StartNew(() => Run(cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private Sample Run(CancellationToken cancellationToken)
    {
        // What the scenario before left behind is not collected at this one's expense.
        GC.Collect();
        try
        {
            return scenario.CountsWholeCalls ? CountCalls(cancellationToken) : CountWindow(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Exception cause = e is AggregateException { InnerException: { } inner } ? inner : e;
            throw new ScenarioFailedException($"{scenario.Name} with {callers} callers failed: {FirstLine(cause.GetBaseException().Message)}", cause);
        }
    }

    /// <summary>Counts what is answered within the window, once every caller is in step.</summary>
    private Sample CountWindow(CancellationToken cancellationToken)
    {
        MakeFirstCalls(cancellationToken);
        Task running = _group.StartAsync(scenario.CallAsync);
        Moment start, end;
        try
        {
            long started = Stopwatch.GetTimestamp();
            while (!IsInStep(Stopwatch.GetElapsedTime(started)))
                running.Wait(Poll, cancellationToken);
            long allocated = AllocatedBytes();
            _group.IsCounting = true;
            start = Now(allocated);
            running.Wait(window, cancellationToken);
            end = Now(0);
            _group.IsCounting = false;
            end = end with { AllocatedBytes = AllocatedBytes() };
        }
        finally
        {
            Stop(_group, running);
        }

        running.Wait(CancellationToken.None);
        return SampleOf(start, end);
    }

    /// <summary>The same few calls of each caller, so that everything is there that the callers meet, such as grains and buffers of their final size.</summary>
    private void MakeFirstCalls(CancellationToken cancellationToken)
    {
        var first = new CallerGroup(callers, new LatencyHistogram(), scenario.FirstCalls);
        Task running = first.StartAsync(scenario.CallAsync);
        try
        {
            running.Wait(cancellationToken);
        }
        finally
        {
            Stop(first, running);
        }
    }

    /// <summary>Whether the callers' calls are spread over time as they will go on to be, or have had long enough for it.</summary>
    private bool IsInStep(TimeSpan elapsed) => elapsed >= LeastRamp && (_group.HasEveryoneCalled || elapsed >= window);

    /// <summary>Counts calls from the first one's start to the last one's end: they are too long, or too few, for a window.</summary>
    private Sample CountCalls(CancellationToken cancellationToken)
    {
        _group.IsCounting = true;
        Moment start = Now(AllocatedBytes());
        Task running = _group.StartAsync(scenario.CallAsync);
        try
        {
            running.Wait(window, cancellationToken);
        }
        finally
        {
            Stop(_group, running);
        }

        running.Wait(CancellationToken.None);
        Moment end = Now(0);
        return SampleOf(start, end with { AllocatedBytes = AllocatedBytes() });
    }

    /// <summary>Waits for the calls under way, without throwing what they throw.</summary>
    private static void Stop(CallerGroup group, Task running)
    {
        group.Stop();
        ((IAsyncResult)running).AsyncWaitHandle.WaitOne();
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();

    private Moment Now(long allocatedBytes) => new(Stopwatch.GetTimestamp(), _group.Calls, allocatedBytes);

    private static long AllocatedBytes() => GC.GetTotalAllocatedBytes(precise: true);

    private Sample SampleOf(Moment start, Moment end)
    {
        double operations = (end.Calls - start.Calls) * scenario.OperationsPerCall;
        double seconds = Stopwatch.GetElapsedTime(start.Timestamp, end.Timestamp).TotalSeconds;
        return new Sample(operations / seconds, operations > 0 ? (end.AllocatedBytes - start.AllocatedBytes) / operations : 0);
    }

    private readonly record struct Moment(long Timestamp, long Calls, long AllocatedBytes);
}
