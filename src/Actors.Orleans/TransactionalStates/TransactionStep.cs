using Orleans.Transactions.Abstractions;

namespace Actors.Orleans.TransactionalStates;

/// <summary>The changes of one call of the transaction protocol. They are durable all or nothing.</summary>
/// <param name="Metadata">The time, and the committed transactions that not all participants have confirmed.</param>
/// <param name="Prepared">States to prepare.</param>
/// <param name="CommitUpTo">The last state to commit, or null.</param>
/// <param name="AbortAfter">The last state that is not aborted, or null.</param>
internal sealed record TransactionStep(TransactionalStateMetaData Metadata, IReadOnlyList<PreparedState> Prepared, long? CommitUpTo, long? AbortAfter);
