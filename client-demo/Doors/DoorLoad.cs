using System.Diagnostics;
using Actors.Bank;
using Actors.ClientDemo.Running;
using Spectre.Console;

namespace Actors.ClientDemo.Doors;

/// <summary>Calls all doors at once, each from its callers, piece by piece between kills.</summary>
internal sealed class DoorLoad(IReadOnlyList<Door> doors)
{
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(5);

    private TimeSpan _elapsed;

    /// <summary>How long the silo was called so far.</summary>
    public TimeSpan Elapsed => _elapsed;

    /// <summary>Calls until <paramref name="end"/> is set, and then waits for the calls under way; until <paramref name="stop"/>, and doesn't.</summary>
    /// <exception cref="DemoException">A grain refused a call, or one failed though nobody stopped the load.</exception>
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

        // What a dying silo makes of a call is expected, and an error if the silo was not stopped.
        foreach ((Door door, Exception error) in errors)
        {
            if (error is AccountException or DemoException || !stop.IsCancellationRequested)
                throw new DemoException($"A call of the door {door.Name} failed: {error.Message}");
        }
    }

    /// <summary>Follows a running load until it has gone on for so long over all pieces, and each door has done something in this one.</summary>
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

    /// <returns>What went wrong, or null.</returns>
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
