using Actors.Orleans;
using MessagePack;

namespace Bank;

[Union(0, typeof(Deposited))]
[Union(1, typeof(Withdrawn))]
public abstract record AccountEvent;

[MessagePackObject]
public sealed record Deposited([property: Key(0)] decimal Amount, [property: Key(1)] string? Note = null) : AccountEvent;

[MessagePackObject]
public sealed record Withdrawn([property: Key(0)] decimal Amount) : AccountEvent;

[MessagePackObject, GrainStateVersion(2)]
public sealed class Account : IApply<AccountEvent>
{
    [Key(0)] public decimal Balance { get; set; }

    [Key(1)] public int Deposits { get; set; }

    public void Apply(AccountEvent change)
    {
        switch (change)
        {
            case Deposited deposit:
                Balance += deposit.Amount;
                Deposits++;
                break;
            case Withdrawn withdrawal:
                Balance -= withdrawal.Amount;
                break;
            default:
                throw new NotSupportedException($"Unknown event: {change.GetType()}");
        }
    }
}

public interface IAccountGrain : IGrainWithStringKey
{
    Task<decimal> Deposit(decimal amount);

    Task<decimal> Withdraw(decimal amount);

    Task<decimal> GetBalance();

    Task<int> GetDeposits();
}

[GrainType("bank-account")]
public sealed class AccountGrain([GrainLog("account")] IGrainLog<Account, AccountEvent> log) : Grain, IAccountGrain
{
    public async Task<decimal> Deposit(decimal amount)
    {
        await log.AppendAsync(new Deposited(amount));   // durable when this returns
        return log.State.Balance;
    }

    public async Task<decimal> Withdraw(decimal amount)
    {
        if (amount > log.State.Balance)
            throw new InvalidOperationException($"The balance is {log.State.Balance}.");
        await log.AppendAsync(new Withdrawn(amount));
        return log.State.Balance;
    }

    public Task<decimal> GetBalance() => Task.FromResult(log.State.Balance);

    public Task<int> GetDeposits() => Task.FromResult(log.State.Deposits);
}
