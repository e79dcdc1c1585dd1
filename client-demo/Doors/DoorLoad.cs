using System.Diagnostics;
using Actors.Bank;
using Actors.ClientDemo.Running;
using Spectre.Console;

namespace Actors.ClientDemo.Doors;

/// <summary>Calls all doors at the same time, each from its callers, in periods between kills.</summary>
internal sealed class DoorLoad(IReadOnlyList<Door> doors)
{
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(5);

    private TimeSpan _elapsed;

    /// <summary>The total time of the calls so far.</summary>
    public TimeSpan Elapsed => _elapsed;

    /// <summary>Calls until <paramref name="end"/> is set, then waits for calls under way. Stops at once if <paramref name="stop"/> is set.</summary>
    /// <exception cref="DemoException">A grain refused a call, or a call failed while the load was not stopped.</exception>
    public async Task RunAsync(BankClient client, CancellationToken end, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(end, stop);
        var errors = new List<(Door Door, Exception Error)>();
        await Task.WhenAll(
            from door in doors
            from lane in door.Lanes
            select Task.Run(
                async () =>
                {
                    if (await CallAsync(door, lane, client.Grains, over.Token, stop) is not { } error)
                        return;
                    lock (errors)
                        errors.Add((door, error));
                    await over.CancelAsync();
                },
                CancellationToken.None));

        // A call may fail with any error while the silo is killed. If the load was not stopped, the error is reported.
        foreach ((Door door, Exception error) in errors)
        {
            if (error is AccountException or DemoException || !stop.IsCancellationRequested)
                throw new DemoException($"A call of the door {door.Name} failed: {error.Message}");
        }
    }

    /// <summary>Waits until the load has run for a total time over all periods, and each door has completed a call in this period.</summary>
    public async Task FollowAsync(Task running, TimeSpan until, ProgressTask task, CancellationToken cancellationToken)
    {
        TimeSpan before = _elapsed;
        long[] done = [.. doors.Select(d => d.Done)];
        long started = Stopwatch.GetTimestamp();
        while (!running.IsCompleted && (_elapsed < until || doors.Where((d, i) => d.Done == done[i]).Any()))
        {
            await Task.Delay(PollPeriod, TimeProvider.System, cancellationToken);
            _elapsed = before + Stopwatch.GetElapsedTime(started);
            task.Value = (_elapsed - before).TotalMilliseconds;
        }
    }

    /// <returns>The error, or null.</returns>
    private static async Task<Exception?> CallAsync(Door door, Lane lane, IGrainFactory grains, CancellationToken over, CancellationToken stop)
    {
        try
        {
            while (!over.IsCancellationRequested)
            {
                await door.CallAsync(grains, lane, lane.Begin(), stop).WaitAsync(stop);
                lane.Acknowledge();
            }

            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
