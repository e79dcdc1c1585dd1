using System.Diagnostics;
using Actors.Bank.Doors;

namespace Actors.ClientDemo.Doors;

/// <summary>Bookings made by durable jobs: a call is acknowledged when its job is scheduled; the job books some time later.</summary>
internal sealed class JobDoor(string name, int callers, int seed)
    : AccountDoor(name, callers, seed, static (grains, number) => grains.GetGrain<IJobAccountGrain>(number))
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until every acknowledged job has run and the totals no longer change, at most for the limit.</summary>
    protected override async Task<IReadOnlyList<AccountTotals>> ReadAsync(IGrainFactory grains, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        IReadOnlyList<AccountTotals> before = [];
        while (true)
        {
            IReadOnlyList<AccountTotals> totals = await base.ReadAsync(grains, cancellationToken);
            bool areThere = Lanes.Zip(totals).All(l => l.Second.Count >= l.First.Done);
            if ((areThere && totals.SequenceEqual(before)) || Stopwatch.GetElapsedTime(started) > Limit)
                return totals;
            before = totals;
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }
}
