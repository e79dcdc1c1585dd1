using System.Diagnostics;
using Actors.Benchmarks.Scenarios;

namespace Actors.Benchmarks.Measuring;

/// <summary>The result of one measurement.</summary>
internal readonly record struct Sample(double OperationsPerSecond, double AllocatedBytesPerOperation);

/// <summary>
/// Measures a scenario once. It runs on its own thread: with thousands of callers the continuation of a timer would
/// wait in the thread pool.
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
        // Collects the garbage of the previous scenario, so that this one does not pay for it.
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

    /// <summary>Counts the calls that complete within the window, after the ramp-up of the callers.</summary>
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

    /// <summary>Makes the same few calls from each caller, so that grains are active and buffers have their final size.</summary>
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

    /// <summary>Whether the ramp-up is over: every caller has completed a call, or the time limit has passed.</summary>
    private bool IsInStep(TimeSpan elapsed) => elapsed >= LeastRamp && (_group.HasEveryoneCalled || elapsed >= window);

    /// <summary>Counts calls from the start of the first to the end of the last. Used when a window would hold only a few calls.</summary>
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

    /// <summary>Stops the callers and waits for their calls, without throwing their errors.</summary>
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
