using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Actors.Bank;
using Actors.ClientDemo.Ledgers;

namespace Actors.ClientDemo.Running;

/// <summary>Runs a ledger's waiting steps from many callers: the steps of an account in order, the accounts in parallel.</summary>
internal sealed class LedgerRun(Ledger ledger, int callers, Patience patience)
{
    private readonly ConcurrentBag<List<double>> _latencies = [];
    private long _acknowledged;
    private TimeSpan _elapsed;
    private Exception? _error;

    /// <summary>The number of acknowledged steps, over all runs.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public double PerSecond => _elapsed > TimeSpan.Zero ? Acknowledged / _elapsed.TotalSeconds : 0;

    /// <summary>Returns the latency in milliseconds below which a share (0 to 1) of the acknowledged calls stayed.</summary>
    public double PercentileMs(double share)
    {
        double[] sorted = [.. _latencies.SelectMany(l => l).Order()];
        return sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
    }

    /// <summary>
    /// Runs until every step is acknowledged or <paramref name="stop"/> is set. Steps under way then, and failed steps,
    /// are <see cref="StepOutcome.Unknown"/>; later steps of the same accounts keep waiting.
    /// </summary>
    /// <exception cref="DemoException">An account refused a step, or a call failed while the run was not stopped.</exception>
    public Task RunAsync(BankClient client, CancellationToken stop) => RunAsync(client, CancellationToken.None, stop);

    /// <summary>As above. Once <paramref name="end"/> is set, no step begins, and steps under way are waited for.</summary>
    public async Task RunAsync(BankClient client, CancellationToken end, CancellationToken stop)
    {
        Channel<Lane> ready = Channel.CreateUnbounded<Lane>();
        int open = 0;
        foreach ((long account, List<LedgerStep> steps) in ledger.Lanes)
        {
            int next = steps.FindIndex(s => s.Outcome != StepOutcome.Acknowledged);
            if (next < 0)
                continue;
            open++;
            ready.Writer.TryWrite(new Lane(client.Account(account), steps, next));
        }

        if (open == 0)
            return;
        var lanes = new OpenLanes(ready, open);
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => CallAsync(lanes, end, stop), CancellationToken.None)));
        _elapsed += Stopwatch.GetElapsedTime(started);
        Exception? error = Interlocked.Exchange(ref _error, null);
        if (error is not null && (error is AccountException || !stop.IsCancellationRequested))
            throw new DemoException($"A call failed: {error.Message}");
    }

    private async Task CallAsync(OpenLanes lanes, CancellationToken end, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(end, stop);
        var latencies = new List<double>();
        _latencies.Add(latencies);
        try
        {
            while (!IsOver() && await lanes.Ready.Reader.WaitToReadAsync(over.Token))
            {
                while (!IsOver() && lanes.Ready.Reader.TryRead(out Lane? lane))
                {
                    if (await StepAsync(lane, latencies, stop) && lane.MoveNext())
                        lanes.Ready.Writer.TryWrite(lane);
                    else
                        lanes.Close(all: Volatile.Read(ref _error) is not null);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The silo was killed and steps under way are marked as unknown, or the run has ended.
        }

        // The tokens themselves: the linked one is told last. A step that began now would fail at once, and its outcome would be unknown.
        bool IsOver() => end.IsCancellationRequested || stop.IsCancellationRequested || Volatile.Read(ref _error) is not null;
    }

    private async Task<bool> StepAsync(Lane lane, List<double> latencies, CancellationToken stop)
    {
        LedgerStep step = lane.Step;
        step.Outcome = StepOutcome.Unknown;
        long started = Stopwatch.GetTimestamp();
        try
        {
            step.Booking = await patience.AskAsync(() => step.RunAsync(lane.Account), stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            // A call may fail with any error while the run is being stopped. Otherwise the error is reported.
            Interlocked.CompareExchange(ref _error, e, null);
            return false;
        }

        latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        step.Outcome = StepOutcome.Acknowledged;
        Interlocked.Increment(ref _acknowledged);
        return true;
    }

    private sealed class Lane(IAccountGrain account, List<LedgerStep> steps, int next)
    {
        private int _next = next;

        public IAccountGrain Account { get; } = account;

        public LedgerStep Step => steps[_next];

        public bool MoveNext() => ++_next < steps.Count;
    }

    /// <summary>The accounts with steps left. When the last one closes, the callers end.</summary>
    private sealed class OpenLanes(Channel<Lane> ready, int count)
    {
        private int _count = count;

        public Channel<Lane> Ready { get; } = ready;

        /// <summary>Closes one account, or the rest of them because a call failed.</summary>
        public void Close(bool all)
        {
            if (Interlocked.Decrement(ref _count) == 0 || all)
                Ready.Writer.TryComplete();
        }
    }
}
