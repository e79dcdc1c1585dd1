using Actors.Orleans;
using MessagePack;

namespace Actors.Bank;

/// <summary>An account's state.</summary>
[MessagePackObject]
public sealed class Account : IApply<AccountEvent>
{
    /// <summary>The balance.</summary>
    [Key(0)]
    public decimal Balance { get; set; }

    /// <summary>How many transfers were sent.</summary>
    [Key(1)]
    public long TransfersSent { get; set; }

    /// <summary>Transfers that left and have not been confirmed, by number.</summary>
    [Key(2)]
    public Dictionary<long, TransferSent> OnTheWay { get; set; } = [];

    /// <summary>The transfers of each sender that have arrived.</summary>
    [Key(3)]
    public Dictionary<long, ArrivedTransfers> Arrived { get; set; } = [];

    /// <summary>How many transfers were sent to each receiver.</summary>
    [Key(4)]
    public Dictionary<long, long> SentTo { get; set; } = [];

    /// <summary>Returns the next transfer's number, and its number among those to its receiver.</summary>
    public (long Number, long ReceiverNumber) NextTransfer(long toAccount)
        => (TransfersSent + 1, SentTo.GetValueOrDefault(toAccount) + 1);

    /// <summary>Whether a transfer was booked before.</summary>
    public bool HasArrived(long fromAccount, long number)
        => Arrived.TryGetValue(fromAccount, out ArrivedTransfers? arrived) && arrived.Contains(number);

    /// <inheritdoc/>
    public void Apply(AccountEvent change)
    {
        Balance += change.Change;
        switch (change)
        {
            case TransferSent sent:
                TransfersSent = sent.Number;
                SentTo[sent.ToAccount] = sent.ReceiverNumber;
                OnTheWay.Add(sent.Number, sent);
                break;
            case TransferConfirmed confirmed:
                OnTheWay.Remove(confirmed.Number);
                break;
            case TransferReceived received:
                if (!Arrived.TryGetValue(received.FromAccount, out ArrivedTransfers? arrived))
                    Arrived.Add(received.FromAccount, arrived = new ArrivedTransfers());
                arrived.Add(received.Number);
                break;
        }
    }
}

/// <summary>The transfers of one sender that have arrived: all up to one number, and a few beyond it.</summary>
[MessagePackObject]
public sealed class ArrivedTransfers
{
    /// <summary>Every number up to this one has arrived.</summary>
    [Key(0)]
    public long UpTo { get; set; }

    /// <summary>Numbers that arrived before a lower number.</summary>
    [Key(1)]
    public HashSet<long> Beyond { get; set; } = [];

    /// <summary>Whether a number has arrived.</summary>
    public bool Contains(long number) => number <= UpTo || Beyond.Contains(number);

    /// <summary>Adds a number.</summary>
    public void Add(long number)
    {
        Beyond.Add(number);
        while (Beyond.Remove(UpTo + 1))
            UpTo++;
    }
}
