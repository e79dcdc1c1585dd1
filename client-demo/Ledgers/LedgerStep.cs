using Actors.Bank;

namespace Actors.ClientDemo.Ledgers;

internal enum StepKind
{
    Deposit,
    Withdrawal,
    Transfer,
    Entry,
}

internal enum StepOutcome
{
    /// <summary>Not requested yet.</summary>
    Waiting,

    /// <summary>Requested; no answer came before the silo was killed, or the answer was an error.</summary>
    Unknown,

    /// <summary>The silo acknowledged it.</summary>
    Acknowledged,
}

/// <summary>One transaction of a ledger, and its outcome.</summary>
internal sealed class LedgerStep
{
    public required long Transaction { get; init; }

    public required long Account { get; init; }

    public required StepKind Kind { get; init; }

    /// <summary>Positive, except for an entry that debits.</summary>
    public required decimal Amount { get; init; }

    /// <summary>The receiver of a transfer.</summary>
    public long ToAccount { get; init; }

    /// <summary>The ledger's own entry.</summary>
    public LedgerEntry? Entry { get; init; }

    public StepOutcome Outcome { get; set; }

    /// <summary>The silo's answer; valid once the step is acknowledged.</summary>
    public Booking Booking { get; set; }

    /// <summary>The number of events that an acknowledgement stands for.</summary>
    public int EventCount => Kind == StepKind.Transfer ? 3 : 1;

    public Task<Booking> RunAsync(IAccountGrain account) => Kind switch
    {
        StepKind.Deposit => account.Deposit(Transaction, Amount),
        StepKind.Withdrawal => account.Withdraw(Transaction, Amount),
        StepKind.Transfer => account.Transfer(Transaction, ToAccount, Amount),
        _ => account.Book(Entry!),
    };
}
