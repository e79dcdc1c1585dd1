using Actors.Bank;

namespace Actors.ClientDemo.Statements;

/// <summary>The statement that the demo was asked for.</summary>
/// <param name="Account">The account's number in the ledger.</param>
/// <param name="AsOf">When its history ends; null for the end of the run.</param>
/// <param name="Lines">Most lines that are shown.</param>
internal sealed record StatementOptions(long Account, AsOf? AsOf, int Lines);
