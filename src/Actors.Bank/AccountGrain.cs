using System.Globalization;
using Actors.Orleans;
using Actors.Wal;

namespace Actors.Bank;

/// <summary>An account whose every change is an event in its own log.</summary>
[GrainType("account")]
public sealed class AccountGrain([GrainLog("account")] IGrainLog<Account, AccountEvent> log) : Grain, IAccountGrain
{
    private static readonly TimeSpan ResendPeriod = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(long FromAccount, long Number), Task> _arriving = [];
    private IGrainTimer? _resend;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // A crash may have come between sending a transfer and its confirmation.
        if (log.State.OnTheWay.Count > 0)
            ResendLater(TimeSpan.Zero);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<Booking> Deposit(long transaction, decimal amount)
    {
        RequirePositive(amount);
        return BookAsync(new Deposited { Transaction = transaction, Amount = amount });
    }

    /// <inheritdoc/>
    public Task<Booking> Withdraw(long transaction, decimal amount)
    {
        RequirePositive(amount);
        if (TryGetBooked(transaction, out Booking booked))
            return Task.FromResult(booked);
        RequireCover(amount);
        return BookAsync(new Withdrawn { Transaction = transaction, Amount = amount });
    }

    /// <inheritdoc/>
    public async Task<Booking> Transfer(long transaction, long toAccount, decimal amount)
    {
        RequirePositive(amount);
        if (TryGetBooked(transaction, out Booking booked))
        {
            await SendAgainAsync(transaction);
            return booked;
        }

        RequireCover(amount);
        if (toAccount == this.GetPrimaryKeyLong())
            throw new AccountException($"Account {toAccount} can't send money to itself.");
        (long number, long receiverNumber) = log.State.NextTransfer(toAccount);
        var sent = new TransferSent { Transaction = transaction, Number = number, ReceiverNumber = receiverNumber, ToAccount = toAccount, Amount = amount };
        Booking booking = await BookAsync(sent);
        await SendOrLaterAsync(sent);
        return booking;
    }

    /// <inheritdoc/>
    public Task<Booking> Book(LedgerEntry entry)
    {
        if (TryGetBooked(entry.Transaction, out Booking booked))
            return Task.FromResult(booked);
        decimal rounding = entry.StatedBalance - (log.State.Balance + entry.Amount);
        if (Math.Abs(rounding) > LedgerEntry.RoundingLimit)
            throw new AccountException($"Transaction {entry.Transaction} states a balance of {entry.StatedBalance} after {entry.Amount}; account {this.GetPrimaryKeyLong()} had {log.State.Balance} before it.");
        return BookAsync(new EntryBooked
        {
            Transaction = entry.Transaction,
            Date = entry.Date,
            Operation = entry.Operation,
            Amount = entry.Amount,
            Rounding = rounding,
        });
    }

    /// <inheritdoc/>
    public async Task Receive(TransferNotice transfer)
    {
        if (log.State.HasArrived(transfer.FromAccount, transfer.Number))
            return;

        // The same transfer may come again while its first arrival is being written.
        if (!_arriving.TryGetValue((transfer.FromAccount, transfer.Number), out Task? booking))
        {
            booking = BookArrivalAsync(transfer);
            if (!booking.IsCompleted)
                _arriving[(transfer.FromAccount, transfer.Number)] = booking;
        }

        await booking;
    }

    /// <inheritdoc/>
    public Task<AccountSummary> GetSummary()
        => Task.FromResult(new AccountSummary(log.Version.Value, log.State.Balance, log.State.OnTheWay.Count));

    /// <inheritdoc/>
    public async Task<decimal> GetBalanceAt(DateTimeOffset time) => (await log.StateAtAsync(time)).Balance;

    /// <inheritdoc/>
    public async Task<Statement> GetStatement(long fromVersion, int count)
    {
        if (fromVersion < 1 || count is < 1 or > StatementReader.MaxLines)
            throw new AccountException($"A statement starts at 1 or later and has 1 to {StatementReader.MaxLines} lines; asked for {count} from {fromVersion}.");
        decimal balance = fromVersion == 1 ? 0 : (await log.StateAtAsync(new Sequence(fromVersion - 1))).Balance;
        var lines = new List<StatementLine>();
        await foreach (LoggedEvent<AccountEvent> logged in log.ReadAsync(new Sequence(fromVersion), new Sequence(fromVersion + count - 1)))
        {
            balance += logged.Event.Change;
            lines.Add(StatementReader.LineOf(logged, balance));
        }

        return new Statement(log.Version.Value, lines);
    }

    /// <inheritdoc/>
    public Task<StatementPage> GetStatementPage(StatementRequest request)
        => new StatementReader(this.GetPrimaryKeyLong(), log).ReadAsync(request);

    /// <summary>Finds the first booking of a transaction. A client repeats a call that was not answered, and gets the first booking.</summary>
    private bool TryGetBooked(long transaction, out Booking booking)
    {
        bool isBooked = log.TryGetAppended(KeyOf(transaction), out Sequence version);
        booking = new Booking(version.Value, log.State.Balance);
        return isBooked;
    }

    private async Task<Booking> BookAsync(AccountEvent change)
    {
        Sequence version = await log.AppendOnceAsync(KeyOf(change.Transaction), change);
        return new Booking(version.Value, log.State.Balance);
    }

    private static string KeyOf(long transaction) => transaction.ToString(CultureInfo.InvariantCulture);

    private async Task BookArrivalAsync(TransferNotice transfer)
    {
        try
        {
            await log.AppendAsync(new TransferReceived
            {
                Transaction = transfer.Transaction,
                FromAccount = transfer.FromAccount,
                Number = transfer.Number,
                Amount = transfer.Amount,
            });
        }
        finally
        {
            _arriving.Remove((transfer.FromAccount, transfer.Number));
        }
    }

    private async Task SendOrLaterAsync(TransferSent sent)
    {
        try
        {
            await SendAsync(sent);
        }
        catch
        {
            ResendLater(ResendPeriod);
            throw;
        }
    }

    private Task SendAgainAsync(long transaction)
        => log.State.OnTheWay.Values.FirstOrDefault(s => s.Transaction == transaction) is { } sent ? SendOrLaterAsync(sent) : Task.CompletedTask;

    private async Task SendAsync(TransferSent sent)
    {
        var notice = new TransferNotice(this.GetPrimaryKeyLong(), sent.ReceiverNumber, sent.Transaction, sent.Amount);
        await GrainFactory.GetGrain<IAccountGrain>(sent.ToAccount).Receive(notice);
        await log.AppendAsync(new TransferConfirmed { Transaction = sent.Transaction, Number = sent.Number });
    }

    private void ResendLater(TimeSpan due)
        => _resend ??= this.RegisterGrainTimer(ResendAsync, new GrainTimerCreationOptions(due, ResendPeriod) { Interleave = false, KeepAlive = true });

    private async Task ResendAsync(CancellationToken cancellationToken)
    {
        foreach (TransferSent sent in log.State.OnTheWay.Values.ToList())
        {
            cancellationToken.ThrowIfCancellationRequested();
            await SendAsync(sent);
        }

        _resend?.Dispose();
        _resend = null;
    }

    private void RequireCover(decimal amount)
    {
        if (amount > log.State.Balance)
            throw new AccountException($"Account {this.GetPrimaryKeyLong()} has {log.State.Balance}; {amount} is more.");
    }

    private static void RequirePositive(decimal amount)
    {
        if (amount <= 0)
            throw new AccountException($"An amount must be positive; {amount} is not.");
    }
}
