using System.Collections.Concurrent;
using Actors.Bank;
using Actors.ClientDemo.Ledgers;
using Actors.ClientDemo.Running;

namespace Actors.ClientDemo.Checking;

/// <summary>The states that the accounts' activations return at one moment. They are compared with the logs later.</summary>
internal sealed class RememberedState
{
    private const int Readers = 64;

    private readonly ConcurrentDictionary<long, AccountSummary> _summaries = new();

    public static async Task<RememberedState> ReadAsync(Ledger ledger, BankClient client, Patience patience, CancellationToken cancellationToken)
    {
        var state = new RememberedState();
        await Parallel.ForEachAsync(
            ledger.Accounts,
            new ParallelOptions { MaxDegreeOfParallelism = Readers, CancellationToken = cancellationToken },
            async (account, token) => state._summaries[account] = await patience.AskAsync(() => client.Account(account).GetSummary(), token));
        return state;
    }

    /// <summary>Returns one sentence per account whose state differs from the later one. Nothing may have been booked in between.</summary>
    public List<string> DifferencesTo(RememberedState later)
        => [.. _summaries
            .Where(s => later._summaries[s.Key] is var now && (now.Version, now.Balance) != (s.Value.Version, s.Value.Balance))
            .Select(s => $"Account {s.Key} answered with version {s.Value.Version} and a balance of {s.Value.Balance}; its log has {later._summaries[s.Key].Version} and {later._summaries[s.Key].Balance}.")];
}
