namespace Actors.ClientDemo.Ledgers;

/// <summary>Generates a ledger from a seed. No account is ever overdrawn, in any order of the accounts' transactions.</summary>
internal static class GeneratedLedger
{
    public static Ledger Create(int accounts, int count, int seed, long firstAccount)
    {
        var random = new Random(seed);

        // The money that an account certainly has. Transfers to it are not counted, because they may arrive late.
        var cover = new decimal[accounts];
        var steps = new List<LedgerStep>(count);
        for (int i = 0; i < count; i++)
        {
            int account = random.Next(accounts);
            decimal amount = random.Next(1, 100_000) / 100m;
            int choice = random.Next(10);
            StepKind kind = amount > cover[account] || choice < 5 ? StepKind.Deposit
                : choice < 8 ? StepKind.Withdrawal
                : StepKind.Transfer;
            cover[account] += kind == StepKind.Deposit ? amount : -amount;
            int to = (account + 1 + random.Next(accounts - 1)) % accounts;
            steps.Add(new LedgerStep
            {
                Transaction = i + 1,
                Account = firstAccount + account,
                Kind = kind,
                Amount = amount,
                ToAccount = kind == StepKind.Transfer ? firstAccount + to : 0,
            });
        }

        return new Ledger(steps);
    }
}
