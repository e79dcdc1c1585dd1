using Actors.Bank;

namespace Actors.ClientDemo.Statements;

/// <summary>The options of the requested statement.</summary>
/// <param name="Account">The account's number in the ledger.</param>
/// <param name="AsOf">The point at which its history ends; null for the end of the run.</param>
/// <param name="Lines">The greatest number of lines that are shown.</param>
internal sealed record StatementOptions(long Account, AsOf? AsOf, int Lines);
