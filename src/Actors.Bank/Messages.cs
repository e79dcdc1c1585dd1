namespace Actors.Bank;

/// <summary>The result of a booking.</summary>
/// <param name="Version">The event's number in the account's log.</param>
/// <param name="Balance">The balance after it; for a repeated call, the balance now.</param>
[GenerateSerializer, Immutable]
[Alias("bank.Booking")]
public readonly record struct Booking([property: Id(0)] long Version, [property: Id(1)] decimal Balance);

/// <summary>An entry of an existing ledger.</summary>
/// <param name="Transaction">The ledger's number of the entry.</param>
/// <param name="Date">When the ledger booked it.</param>
/// <param name="Operation">The ledger's name of the operation.</param>
/// <param name="Amount">Positive for a credit, negative for a debit.</param>
/// <param name="StatedBalance">The balance that the ledger states after it.</param>
[GenerateSerializer, Immutable]
[Alias("bank.LedgerEntry")]
public sealed record LedgerEntry(
    [property: Id(0)] long Transaction,
    [property: Id(1)] DateOnly Date,
    [property: Id(2)] string Operation,
    [property: Id(3)] decimal Amount,
    [property: Id(4)] decimal StatedBalance)
{
    /// <summary>The largest allowed difference of a stated balance from the balance before plus the amount: ledgers round interest.</summary>
    public const decimal RoundingLimit = 0.11m;
}

/// <summary>A transfer as the receiver gets it.</summary>
/// <param name="FromAccount">The sender.</param>
/// <param name="Number">The sender's count of its transfers to this receiver, from 1.</param>
/// <param name="Transaction">The transaction that the client named.</param>
/// <param name="Amount">Positive.</param>
[GenerateSerializer, Immutable]
[Alias("bank.TransferNotice")]
public sealed record TransferNotice(
    [property: Id(0)] long FromAccount,
    [property: Id(1)] long Number,
    [property: Id(2)] long Transaction,
    [property: Id(3)] decimal Amount);

/// <summary>An account at a glance.</summary>
/// <param name="Version">The last event's number.</param>
/// <param name="Balance">The balance.</param>
/// <param name="TransfersOnTheWay">Transfers that left and have not been confirmed.</param>
[GenerateSerializer, Immutable]
[Alias("bank.AccountSummary")]
public readonly record struct AccountSummary([property: Id(0)] long Version, [property: Id(1)] decimal Balance, [property: Id(2)] int TransfersOnTheWay);

/// <summary>A piece of an account's history.</summary>
/// <param name="Head">The account's last event.</param>
/// <param name="Lines">The lines.</param>
[GenerateSerializer, Immutable]
[Alias("bank.Statement")]
public sealed record Statement([property: Id(0)] long Head, [property: Id(1)] IReadOnlyList<StatementLine> Lines);

/// <summary>One event of an account.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Time">When it was accepted.</param>
/// <param name="Transaction">The transaction that it belongs to.</param>
/// <param name="Kind">The event's kind.</param>
/// <param name="Amount">The amount that it added to the balance.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="LedgerDate">When the ledger booked it; null for an event that is no ledger entry.</param>
/// <param name="Operation">The ledger's name of the operation; null for an event that is no ledger entry.</param>
[GenerateSerializer, Immutable]
[Alias("bank.StatementLine")]
public readonly record struct StatementLine(
    [property: Id(0)] long Version,
    [property: Id(1)] DateTimeOffset Time,
    [property: Id(2)] long Transaction,
    [property: Id(3)] string Kind,
    [property: Id(4)] decimal Amount,
    [property: Id(5)] decimal Balance,
    [property: Id(6)] DateOnly? LedgerDate = null,
    [property: Id(7)] string? Operation = null);

/// <summary>An account refuses a request. Nothing was booked.</summary>
[GenerateSerializer]
[Alias("bank.AccountException")]
public sealed class AccountException(string message) : Exception(message);
