using Actors.Bank.Doors;
using Actors.ClientDemo.Checking;

namespace Actors.ClientDemo.Doors;

/// <summary>A door whose callers each book amounts on their own account.</summary>
internal class AccountDoor(string name, int callers, int seed, Func<IGrainFactory, long, IDoorAccountGrain> account) : Door(name, callers)
{
    private const int LargestAmount = 1000;

    /// <summary>The amount of a booking.</summary>
    public long Amount(long account, long number) => 1 + (long)(SeededNumber.Of(seed, account, number) % LargestAmount);

    public override Task CallAsync(IGrainFactory grains, Lane lane, long number, CancellationToken cancellationToken)
        => account(grains, lane.Number).Book(number, Amount(lane.Number, number));

    public override async Task<CheckResult> CheckAsync(IGrainFactory grains, CancellationToken cancellationToken)
        => Evaluate(await ReadAsync(grains, cancellationToken));

    /// <summary>Reads all accounts.</summary>
    protected virtual async Task<IReadOnlyList<AccountTotals>> ReadAsync(IGrainFactory grains, CancellationToken cancellationToken)
        => await Task.WhenAll(Lanes.Select(l => account(grains, l.Number).GetTotals())).WaitAsync(cancellationToken);

    /// <summary>Compares the accounts with the acknowledged calls. An account must consist of its first bookings, whole and in order.</summary>
    internal CheckResult Evaluate(IReadOnlyList<AccountTotals> totals)
    {
        var result = new CheckResult();
        foreach ((Lane lane, AccountTotals found) in Lanes.Zip(totals))
        {
            lane.Settle($"Account {lane.Number} of the door {Name}", found.Count, result);
            long balance = 0;
            for (long number = 1; number <= found.Count; number++)
                balance += Amount(lane.Number, number);
            if (balance != found.Balance)
                result.AddMismatch($"Account {lane.Number} of the door {Name} has a balance of {found.Balance}; its {found.Count} bookings add up to {balance}.");
        }

        return result;
    }
}
