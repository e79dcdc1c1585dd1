using MessagePack;

namespace Actors.Bank;

/// <summary>An event of an account. The union keys are the events' names in the log and never change.</summary>
[Union(0, typeof(Deposited))]
[Union(1, typeof(Withdrawn))]
[Union(2, typeof(TransferSent))]
[Union(3, typeof(TransferConfirmed))]
[Union(4, typeof(TransferReceived))]
[Union(5, typeof(EntryBooked))]
public abstract record AccountEvent
{
    /// <summary>The client's transaction.</summary>
    [Key(0)]
    public required long Transaction { get; init; }

    /// <summary>The amount that the event adds to the balance.</summary>
    [IgnoreMember]
    public abstract decimal Change { get; }
}

/// <summary>Money was paid in.</summary>
[MessagePackObject]
public sealed record Deposited : AccountEvent
{
    /// <summary>Positive.</summary>
    [Key(1)]
    public required decimal Amount { get; init; }

    /// <inheritdoc/>
    [IgnoreMember]
    public override decimal Change => Amount;
}

/// <summary>Money was taken out.</summary>
[MessagePackObject]
public sealed record Withdrawn : AccountEvent
{
    /// <summary>Positive.</summary>
    [Key(1)]
    public required decimal Amount { get; init; }

    /// <inheritdoc/>
    [IgnoreMember]
    public override decimal Change => -Amount;
}

/// <summary>Money left for another account.</summary>
[MessagePackObject]
public sealed record TransferSent : AccountEvent
{
    /// <summary>This account's count of its transfers, from 1.</summary>
    [Key(1)]
    public required long Number { get; init; }

    /// <summary>The receiver.</summary>
    [Key(2)]
    public required long ToAccount { get; init; }

    /// <summary>Positive.</summary>
    [Key(3)]
    public required decimal Amount { get; init; }

    /// <summary>This account's count of its transfers to this receiver, from 1. The receiver recognizes repetitions by it.</summary>
    [Key(4)]
    public required long ReceiverNumber { get; init; }

    /// <inheritdoc/>
    [IgnoreMember]
    public override decimal Change => -Amount;
}

/// <summary>The receiver has booked a transfer.</summary>
[MessagePackObject]
public sealed record TransferConfirmed : AccountEvent
{
    /// <summary>The transfer's number.</summary>
    [Key(1)]
    public required long Number { get; init; }

    /// <inheritdoc/>
    [IgnoreMember]
    public override decimal Change => 0;
}

/// <summary>Money arrived from another account.</summary>
[MessagePackObject]
public sealed record TransferReceived : AccountEvent
{
    /// <summary>The sender.</summary>
    [Key(1)]
    public required long FromAccount { get; init; }

    /// <summary>The sender's count of its transfers to this account.</summary>
    [Key(2)]
    public required long Number { get; init; }

    /// <summary>Positive.</summary>
    [Key(3)]
    public required decimal Amount { get; init; }

    /// <inheritdoc/>
    [IgnoreMember]
    public override decimal Change => Amount;
}

/// <summary>An entry of an existing ledger was taken over.</summary>
[MessagePackObject]
public sealed record EntryBooked : AccountEvent
{
    /// <summary>When the ledger booked it.</summary>
    [Key(1)]
    public required DateOnly Date { get; init; }

    /// <summary>The ledger's name of the operation.</summary>
    [Key(2)]
    public required string Operation { get; init; }

    /// <summary>Positive for a credit, negative for a debit.</summary>
    [Key(3)]
    public required decimal Amount { get; init; }

    /// <summary>The ledger's stated balance, less the sum of the balance before and the amount.</summary>
    [Key(4)]
    public required decimal Rounding { get; init; }

    /// <inheritdoc/>
    [IgnoreMember]
    public override decimal Change => Amount + Rounding;
}
