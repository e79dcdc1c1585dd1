using Orleans.Transactions.Abstractions;

namespace Actors.Orleans.Transactional;

/// <summary>What one call of the transaction protocol changes; durable all or nothing.</summary>
/// <param name="Metadata">The clock, and the transactions that are committed and not confirmed by all.</param>
/// <param name="Prepared">States to prepare.</param>
/// <param name="CommitUpTo">The last state to commit, or null.</param>
/// <param name="AbortAfter">The last state that is not aborted, or null.</param>
internal sealed record TransactionStep(TransactionalStateMetaData Metadata, IReadOnlyList<PreparedState> Prepared, long? CommitUpTo, long? AbortAfter);
