using Actors.Bank;

namespace Actors.ClientDemo.Checking;

/// <summary>One account as read back from the silo. Each step that is checked claims its events.</summary>
internal sealed class AccountHistory
{
    private readonly long _account;
    private readonly AccountSummary _summary;
    private readonly Dictionary<(long Transaction, string Kind), int> _unclaimed = [];
    private readonly Dictionary<long, decimal> _balances = [];

    public AccountHistory(long account, IReadOnlyList<StatementLine> lines, AccountSummary summary)
    {
        _account = account;
        _summary = summary;
        Lines = lines;
        for (int i = 0; i < lines.Count; i++)
        {
            // A second event of the same kind and transaction is never claimed. CheckNothingElse reports it.
            _unclaimed.TryAdd((lines[i].Transaction, lines[i].Kind), i);
            _balances[lines[i].Transaction] = lines[i].Balance;
        }
    }

    public IReadOnlyList<StatementLine> Lines { get; }

    public decimal Balance => _summary.Balance;

    private int Claimed { get; set; }

    public StatementLine? At(long version) => version <= Lines.Count ? Lines[(int)version - 1] : null;

    public decimal? BalanceAfter(long transaction) => _balances.TryGetValue(transaction, out decimal balance) ? balance : null;

    /// <summary>Claims an event of a step. Returns false when the account has no such event.</summary>
    public bool Take(long transaction, string kind, decimal? amount, CheckResult result)
    {
        if (!_unclaimed.Remove((transaction, kind), out int index))
            return false;
        Claimed++;
        if (amount is { } expected && Lines[index].Amount != expected)
            result.AddMismatch($"Event {Lines[index].Version} of account {_account} is {kind} of {Lines[index].Amount} instead of {expected}.");
        return true;
    }

    /// <summary>Checks that the events are numbered without a gap and add up to the balance.</summary>
    public void CheckSequence(CheckResult result)
    {
        decimal balance = 0;
        for (int i = 0; i < Lines.Count; i++)
        {
            balance += Lines[i].Amount;
            if (Lines[i].Version != i + 1)
                result.AddMismatch($"Account {_account} has event {Lines[i].Version} where {i + 1} belongs.");
        }

        if (balance != _summary.Balance)
            result.AddMismatch($"Account {_account} has a balance of {_summary.Balance}; its events add up to {balance}.");
        if (_summary.Version != Lines.Count)
            result.AddMismatch($"Account {_account} is at version {_summary.Version} and has {Lines.Count} events.");
    }

    /// <summary>Checks that every event belongs to a step.</summary>
    public void CheckNothingElse(CheckResult result)
    {
        for (int i = Claimed; i < Lines.Count; i++)
            result.AddMismatch($"Account {_account} has {Lines.Count - Claimed} events that were not requested, or are there twice.");
    }
}
