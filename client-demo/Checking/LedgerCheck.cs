using Actors.Bank;
using Actors.ClientDemo.Ledgers;
using Actors.ClientDemo.Running;

namespace Actors.ClientDemo.Checking;

/// <summary>Reads every event of every account back and compares it with the requested and the acknowledged steps.</summary>
internal sealed class LedgerCheck(Ledger ledger, Patience patience)
{
    private const int PageLines = 1000;
    private const int Readers = 64;

    /// <summary>
    /// Checks all accounts. A step of unknown outcome counts as acknowledged if all its events are found.
    /// If none is found, it waits to be run again.
    /// </summary>
    public async Task<CheckResult> RunAsync(BankClient client, Action<int> progress, CancellationToken cancellationToken)
    {
        var accounts = new Dictionary<long, AccountHistory>();
        await SettleAsync(client, cancellationToken);
        await Parallel.ForEachAsync(
            ledger.Accounts,
            new ParallelOptions { MaxDegreeOfParallelism = Readers, CancellationToken = cancellationToken },
            async (account, token) =>
            {
                AccountHistory history = await ReadAsync(client, account, token);
                lock (accounts)
                    accounts.Add(account, history);
                progress(1);
            });

        return Evaluate(accounts);
    }

    /// <summary>Compares the accounts with the ledger's steps and their outcomes.</summary>
    internal CheckResult Evaluate(Dictionary<long, AccountHistory> accounts)
    {
        var result = new CheckResult();
        foreach (AccountHistory history in accounts.Values)
            history.CheckSequence(result);
        foreach (LedgerStep step in ledger.Steps)
            Check(step, accounts, result);
        foreach (AccountHistory history in accounts.Values)
            history.CheckNothingElse(result);
        result.Events = accounts.Values.Sum(a => (long)a.Lines.Count);
        result.Money = accounts.Values.Sum(a => a.Balance);
        CheckMoney(result);
        return result;
    }

    /// <summary>Waits until all transfers have arrived: a kill may have interrupted them.</summary>
    public Task SettleAsync(BankClient client, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        ledger.Accounts,
        new ParallelOptions { MaxDegreeOfParallelism = Readers, CancellationToken = cancellationToken },
        async (account, token) =>
        {
            while ((await patience.AskAsync(() => client.Account(account).GetSummary(), token)).TransfersOnTheWay > 0)
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, token);
        });

    private async Task<AccountHistory> ReadAsync(BankClient client, long account, CancellationToken cancellationToken)
    {
        var lines = new List<StatementLine>();
        while (true)
        {
            Statement page = await patience.AskAsync(() => client.Account(account).GetStatement(lines.Count + 1, PageLines), cancellationToken);
            lines.AddRange(page.Lines);
            if (page.Lines.Count == 0 || lines.Count >= page.Head)
                break;
        }

        AccountSummary summary = await patience.AskAsync(() => client.Account(account).GetSummary(), cancellationToken);
        return new AccountHistory(account, lines, summary);
    }

    private static void Check(LedgerStep step, Dictionary<long, AccountHistory> accounts, CheckResult result)
    {
        var expected = ExpectedEvents.Of(step).ToList();
        int found = expected.Count(e => accounts[e.Account].Take(step.Transaction, e.Kind, e.Amount, result));
        switch (step.Outcome)
        {
            case StepOutcome.Acknowledged:
                for (int i = found; i < expected.Count; i++)
                    result.AddLost($"Transaction {step.Transaction} of account {step.Account} was acknowledged, and {expected.Count - found} of its {expected.Count} events are gone.");
                CheckBooking(step, accounts[step.Account], result);
                break;
            case StepOutcome.Unknown when found == 0:
                step.Outcome = StepOutcome.Waiting;
                break;
            case StepOutcome.Unknown when found == expected.Count:
                step.Outcome = StepOutcome.Acknowledged;
                step.Booking = default;
                result.AddBeyond(found);
                break;
            case StepOutcome.Unknown:
                result.AddMismatch($"Transaction {step.Transaction} of account {step.Account} is there in part: {found} of {expected.Count} events.");
                break;
            case StepOutcome.Waiting when found > 0:
                result.AddMismatch($"Transaction {step.Transaction} of account {step.Account} is there and was never asked for.");
                break;
        }
    }

    private static void CheckBooking(LedgerStep step, AccountHistory account, CheckResult result)
    {
        StatementLine? line = step.Booking.Version > 0 ? account.At(step.Booking.Version) : null;
        if (line is { } booked && booked.Transaction != step.Transaction)
            result.AddMismatch($"Event {step.Booking.Version} of account {step.Account} is of transaction {booked.Transaction}; {step.Transaction} was acknowledged there.");
        if (step.Entry is { } entry && account.BalanceAfter(step.Transaction) is { } balance && balance != entry.StatedBalance)
            result.AddMismatch($"Account {step.Account} has {balance} after transaction {step.Transaction}; the bank published {entry.StatedBalance}.");
    }

    private void CheckMoney(CheckResult result)
    {
        // Transfers only move money between accounts. Deposits and withdrawals change the total.
        decimal expected = ledger.Steps.Where(s => s.Outcome == StepOutcome.Acknowledged && s.Entry is null).Sum(s => s.Kind switch
        {
            StepKind.Deposit => s.Amount,
            StepKind.Withdrawal => -s.Amount,
            _ => 0,
        });
        if (ledger.Steps[0].Entry is null && expected != result.Money)
            result.AddMismatch($"All accounts together have {result.Money}; paid in less taken out is {expected}.");
    }
}
