namespace Actors.ClientDemo.Ledgers;

/// <summary>Transactions to run: in order within an account, in any order between accounts.</summary>
/// <param name="Steps">All steps, in the ledger's order.</param>
internal sealed record Ledger(IReadOnlyList<LedgerStep> Steps)
{
    /// <summary>Each account's own steps, in order.</summary>
    public IReadOnlyDictionary<long, List<LedgerStep>> Lanes { get; } = Steps.GroupBy(s => s.Account).ToDictionary(g => g.Key, g => g.ToList());

    /// <summary>Every account that the ledger touches.</summary>
    public IReadOnlyList<long> Accounts { get; } =
        [.. Steps.SelectMany(s => s.Kind == StepKind.Transfer ? [s.Account, s.ToAccount] : (long[])[s.Account]).Distinct().Order()];
}
