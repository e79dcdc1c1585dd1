using Actors.Bank;
using Actors.ClientDemo.Ledgers;

namespace Actors.ClientDemo.Checking;

/// <summary>An event that a step appends to an account.</summary>
/// <param name="Account">The account.</param>
/// <param name="Kind">The event's kind, as a statement names it.</param>
/// <param name="Amount">The amount that it adds to the balance; null where the ledger's own rounding decides.</param>
internal readonly record struct ExpectedEvent(long Account, string Kind, decimal? Amount);

/// <summary>The events that each kind of step appends.</summary>
internal static class ExpectedEvents
{
    public static IEnumerable<ExpectedEvent> Of(LedgerStep step) => step.Kind switch
    {
        StepKind.Deposit => [new(step.Account, nameof(Deposited), step.Amount)],
        StepKind.Withdrawal => [new(step.Account, nameof(Withdrawn), -step.Amount)],
        StepKind.Transfer =>
        [
            new(step.Account, nameof(TransferSent), -step.Amount),
            new(step.Account, nameof(TransferConfirmed), 0),
            new(step.ToAccount, nameof(TransferReceived), step.Amount),
        ],
        _ => [new(step.Account, nameof(EntryBooked), null)],
    };
}
