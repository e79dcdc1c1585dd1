using System.Diagnostics;
using Actors.Bank;
using Actors.Bank.Doors;
using Actors.ClientDemo.Checking;
using Orleans.Transactions;

namespace Actors.ClientDemo.Doors;

/// <summary>The door of transactions: each caller has a teller that moves money between the wallets of all callers.</summary>
internal sealed class TransferDoor(string name, int callers, int seed) : Door(name, callers)
{
    public const long MoneyPerWallet = 1_000_000;

    // One transfer in this many follows a request for more money than exists.
    private const int OverdraftPeriod = 16;

    private static readonly TimeSpan RepeatLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RepeatPause = TimeSpan.FromMilliseconds(10);

    private readonly int _wallets = Math.Max(2, callers);
    private long _repeated;
    private long _refused;

    /// <summary>The money in all wallets before the first transfer, read from the silo.</summary>
    public long MoneyBefore { get; private set; }

    /// <summary>The money in all wallets at the last check.</summary>
    public long MoneyAfter { get; private set; }

    /// <summary>Transactions that were aborted by conflicts or by a kill, and repeated.</summary>
    public long Repeated => Interlocked.Read(ref _repeated);

    /// <summary>Transfers of more money than exists, all of which were refused.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    public override async Task OpenAsync(IGrainFactory grains, CancellationToken cancellationToken)
    {
        await Task.WhenAll(Enumerable.Range(0, _wallets).Select(w => grains.GetGrain<IWalletGrain>(w).Change(MoneyPerWallet))).WaitAsync(cancellationToken);
        MoneyBefore = (await ReadWalletsAsync(grains, cancellationToken)).Sum();
    }

    public override async Task CallAsync(IGrainFactory grains, Lane lane, long number, CancellationToken cancellationToken)
    {
        ITellerGrain teller = grains.GetGrain<ITellerGrain>(lane.Number);
        Transfer transfer = Of(lane, number);
        if (number % OverdraftPeriod == 0)
            await RepeatAsync(() => OverdrawAsync(teller, number, transfer), cancellationToken);
        await RepeatAsync(
            async () =>
            {
                try
                {
                    await teller.Transfer(number, transfer.From, transfer.To, transfer.Amount);
                    return number;
                }
                catch (OrleansTransactionInDoubtException)
                {
                    // The transfer may have been committed or not. The teller's count decides.
                    if (await RepeatAsync(teller.GetCount, cancellationToken) < number)
                        throw;
                    return number;
                }
            },
            cancellationToken);
    }

    public override async Task<CheckResult> CheckAsync(IGrainFactory grains, CancellationToken cancellationToken)
    {
        long[] counts = await Task.WhenAll(Lanes.Select(l => RepeatAsync(grains.GetGrain<ITellerGrain>(l.Number).GetCount, cancellationToken)));
        return Evaluate(counts, await ReadWalletsAsync(grains, cancellationToken));
    }

    /// <summary>
    /// Compares the wallets and the tellers' counts with the acknowledged calls. Each wallet must have the money that results from the
    /// transfers that the tellers have counted, and the total must be unchanged.
    /// </summary>
    internal CheckResult Evaluate(IReadOnlyList<long> counts, IReadOnlyList<long> wallets)
    {
        var result = new CheckResult();
        long[] expected = [.. Enumerable.Repeat(MoneyPerWallet, _wallets)];
        foreach ((Lane lane, long count) in Lanes.Zip(counts))
        {
            lane.Settle($"Teller {lane.Number}", count, result);
            for (long number = 1; number <= count; number++)
            {
                Transfer transfer = Of(lane, number);
                expected[transfer.From] -= transfer.Amount;
                expected[transfer.To] += transfer.Amount;
            }
        }

        for (int wallet = 0; wallet < _wallets; wallet++)
        {
            if (wallets[wallet] != expected[wallet])
                result.AddMismatch($"Wallet {wallet} has {wallets[wallet]}; the tellers' {counts.Sum()} transfers leave {expected[wallet]} in it.");
        }

        MoneyAfter = wallets.Sum();
        return result;
    }

    private Transfer Of(Lane lane, long number) => Transfer.Of(seed, _wallets, lane.Number, number);

    private Task<long[]> ReadWalletsAsync(IGrainFactory grains, CancellationToken cancellationToken)
        => Task.WhenAll(Enumerable.Range(0, _wallets).Select(w => RepeatAsync(grains.GetGrain<IWalletGrain>(w).GetMoney, cancellationToken)));

    /// <summary>Requests a transfer that must be refused. The next check finds any part of it that remains.</summary>
    private async Task<long> OverdrawAsync(ITellerGrain teller, long number, Transfer transfer)
    {
        try
        {
            await teller.Transfer(number, transfer.From, transfer.To, MoneyPerWallet * _wallets + 1);
        }
        catch (OrleansTransactionAbortedException e) when (IsRefusal(e))
        {
            return Interlocked.Increment(ref _refused);
        }

        throw new DemoException($"Teller {teller.GetPrimaryKeyLong()} moved more money from wallet {transfer.From} than there is.");
    }

    /// <summary>Repeats a transaction that conflicts abort, up to the limit. An aborted transaction has changed nothing.</summary>
    private async Task<T> RepeatAsync<T>(Func<Task<T>> transaction, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await transaction().WaitAsync(cancellationToken);
            }
            catch (OrleansTransactionException e) when (!IsRefusal(e) && Stopwatch.GetElapsedTime(started) < RepeatLimit)
            {
                Interlocked.Increment(ref _repeated);
                await Task.Delay(RepeatPause, TimeProvider.System, cancellationToken);
            }
        }
    }

    private static bool IsRefusal(OrleansTransactionException error) => error.InnerException is AccountException;
}
