using System.Collections.Concurrent;
using Actors.Bank;
using Actors.ClientDemo.Ledgers;
using Actors.ClientDemo.Running;

namespace Actors.ClientDemo.Checking;

/// <summary>What the accounts' activations answer at a time, to be held against what their logs have.</summary>
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

    /// <summary>The accounts that answered otherwise than later, when nothing had been booked since, as sentences.</summary>
    public List<string> DifferencesTo(RememberedState later)
        => [.. _summaries
            .Where(s => later._summaries[s.Key] is var now && (now.Version, now.Balance) != (s.Value.Version, s.Value.Balance))
            .Select(s => $"Account {s.Key} answered with version {s.Value.Version} and a balance of {s.Value.Balance}; its log has {later._summaries[s.Key].Version} and {later._summaries[s.Key].Balance}.")];
}
