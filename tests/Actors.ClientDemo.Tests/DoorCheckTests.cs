using Actors.Bank.Doors;
using Actors.ClientDemo.Checking;
using Actors.ClientDemo.Doors;

namespace Actors.ClientDemo.Tests;

/// <summary>The check of the doors finds what it is there to find.</summary>
public sealed class DoorCheckTests
{
    private const int Seed = 3;
    private const int Callers = 3;
    private const int Calls = 5;

    [Fact]
    public void Accounts_with_what_was_acknowledged_are_clean()
    {
        AccountDoor door = Accounts();
        CheckResult result = door.Evaluate(Totals(door));
        Assert.Equal((0, 0, 0), (result.Lost, result.Beyond, result.Mismatched));
        Assert.Empty(result.Findings);
        Assert.Equal(Callers * Calls, door.Done);
    }

    [Fact]
    public void Acknowledged_bookings_that_are_gone_are_lost()
    {
        AccountDoor door = Accounts();
        AccountTotals[] totals = Totals(door);
        totals[1] = TotalsOf(door, 1, Calls - 2);
        CheckResult result = door.Evaluate(totals);
        Assert.Equal((2, 0, 0), (result.Lost, result.Beyond, result.Mismatched));
        Assert.Contains("Account 1", Assert.Single(result.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_under_way_may_be_there_once_and_counts_as_done()
    {
        AccountDoor door = Accounts();
        door.Lanes[0].Begin();
        AccountTotals[] totals = Totals(door);
        totals[0] = TotalsOf(door, 0, Calls + 1);
        CheckResult result = door.Evaluate(totals);
        Assert.Equal((0, 1, 0), (result.Lost, result.Beyond, result.Mismatched));
        Assert.Equal(Calls + 2, door.Lanes[0].Begin());
    }

    [Fact]
    public void A_call_under_way_that_left_nothing_is_made_again()
    {
        AccountDoor door = Accounts();
        door.Lanes[0].Begin();
        CheckResult result = door.Evaluate(Totals(door));
        Assert.Equal((0, 0, 0), (result.Lost, result.Beyond, result.Mismatched));
        Assert.Equal(Calls + 1, door.Lanes[0].Begin());
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public void More_than_what_was_asked_for_is_a_mismatch(bool underWay, int more)
    {
        AccountDoor door = Accounts();
        if (underWay)
            door.Lanes[2].Begin();
        AccountTotals[] totals = Totals(door);
        totals[2] = TotalsOf(door, 2, Calls + more);
        Assert.Equal(1, door.Evaluate(totals).Mismatched);
    }

    [Fact]
    public void A_balance_of_other_bookings_than_the_first_is_a_mismatch()
    {
        AccountDoor door = Accounts();
        AccountTotals[] totals = Totals(door);
        totals[0] = totals[0] with { Balance = totals[0].Balance - door.Amount(0, 2) + door.Amount(0, Calls + 1) };
        CheckResult result = door.Evaluate(totals);
        Assert.Equal((0, 1), (result.Lost, result.Mismatched));
    }

    [Fact]
    public void Wallets_with_the_tellers_transfers_are_clean()
    {
        TransferDoor door = Tellers();
        CheckResult result = door.Evaluate(Counts(), Wallets());
        Assert.Equal((0, 0, 0), (result.Lost, result.Beyond, result.Mismatched));
        Assert.Equal(Callers * TransferDoor.MoneyPerWallet, door.MoneyAfter);
        Assert.NotEqual(Enumerable.Repeat(TransferDoor.MoneyPerWallet, Callers), Wallets());
    }

    [Fact]
    public void Half_a_transfer_is_a_mismatch_and_changes_the_money()
    {
        TransferDoor door = Tellers();
        long[] wallets = Wallets();
        Transfer last = Transfer.Of(Seed, Callers, 0, Calls);
        wallets[last.To] -= last.Amount;
        Assert.Equal(1, door.Evaluate(Counts(), wallets).Mismatched);
        Assert.Equal(Callers * TransferDoor.MoneyPerWallet - last.Amount, door.MoneyAfter);
    }

    [Fact]
    public void A_transfer_that_is_whole_and_not_counted_is_a_mismatch()
    {
        TransferDoor door = Tellers();
        long[] wallets = Wallets();
        Transfer next = Transfer.Of(Seed, Callers, 1, Calls + 1);
        wallets[next.From] -= next.Amount;
        wallets[next.To] += next.Amount;
        Assert.Equal(2, door.Evaluate(Counts(), wallets).Mismatched);
        Assert.Equal(Callers * TransferDoor.MoneyPerWallet, door.MoneyAfter);
    }

    [Fact]
    public void A_transfer_that_was_acknowledged_and_is_gone_is_lost()
    {
        long[] counts = Counts();
        counts[2]--;
        Assert.Equal((1, 0), Outcome(Tellers().Evaluate(counts, Wallets(counts))));
        Assert.Equal((1, 2), Outcome(Tellers().Evaluate(counts, Wallets())));
    }

    [Theory]
    [InlineData(0, 0, 0, true)]
    [InlineData(1, 0, 0, false)]
    [InlineData(0, 1, 0, false)]
    [InlineData(0, 0, 1, false)]
    [InlineData(0, 0, -1, false)]
    public void A_result_is_good_without_losses_and_mismatches_and_with_the_same_money(int lost, int mismatched, int difference, bool isGood)
    {
        var result = new DoorsResult
        {
            Doors =
            [
                new DoorResult { Door = DoorCatalogue.Storage, Acknowledged = 9, Lost = 0, Beyond = 1, Mismatched = 0 },
                new DoorResult { Door = DoorCatalogue.Transactions, Acknowledged = 9, Lost = lost, Beyond = 1, Mismatched = mismatched },
            ],
            Kills = 1,
            RecoveryMs = 1,
            Money = new MoneyResult { Before = 100, After = 100 + difference, Repeated = 0, Refused = 0 },
        };
        Assert.Equal(isGood, result.IsGood);
    }

    [Fact]
    public void Transfers_follow_from_the_seed_and_move_money_between_two_wallets()
    {
        var transfers = Enumerable.Range(1, 1000).Select(n => Transfer.Of(Seed, 4, 1, n)).ToList();
        Assert.Equal(transfers, Enumerable.Range(1, 1000).Select(n => Transfer.Of(Seed, 4, 1, n)));
        Assert.NotEqual(transfers, Enumerable.Range(1, 1000).Select(n => Transfer.Of(Seed + 1, 4, 1, n)));
        Assert.NotEqual(transfers, Enumerable.Range(1, 1000).Select(n => Transfer.Of(Seed, 4, 2, n)));
        Assert.All(transfers, t => Assert.True(t.From != t.To && t.From is >= 0 and < 4 && t.To is >= 0 and < 4 && t.Amount > 0));
        Assert.Equal(12, transfers.Select(t => (t.From, t.To)).Distinct().Count());
    }

    private static AccountDoor Accounts() => Called(new AccountDoor(
        DoorCatalogue.Storage, Callers, Seed, (grains, number) => grains.GetGrain<IStorageAccountGrain>(number)));

    private static TransferDoor Tellers() => Called(new TransferDoor(DoorCatalogue.Transactions, Callers, Seed));

    /// <summary>A door whose calls were all acknowledged.</summary>
    private static T Called<T>(T door)
        where T : Door
    {
        foreach (Lane lane in door.Lanes)
        {
            for (int i = 0; i < Calls; i++)
            {
                lane.Begin();
                lane.Acknowledge();
            }
        }

        return door;
    }

    private static AccountTotals[] Totals(AccountDoor door) => [.. door.Lanes.Select(l => TotalsOf(door, l.Number, Calls))];

    private static AccountTotals TotalsOf(AccountDoor door, long account, int count)
        => new(count, Enumerable.Range(1, count).Sum(n => door.Amount(account, n)));

    private static long[] Counts() => [.. Enumerable.Repeat((long)Calls, Callers)];

    private static long[] Wallets(long[]? counts = null)
    {
        long[] wallets = [.. Enumerable.Repeat(TransferDoor.MoneyPerWallet, Callers)];
        for (int teller = 0; teller < Callers; teller++)
        {
            for (int number = 1; number <= (counts ?? Counts())[teller]; number++)
            {
                Transfer transfer = Transfer.Of(Seed, Callers, teller, number);
                wallets[transfer.From] -= transfer.Amount;
                wallets[transfer.To] += transfer.Amount;
            }
        }

        return wallets;
    }

    private static (int Lost, int Mismatched) Outcome(CheckResult result) => (result.Lost, result.Mismatched);
}
