using Orleans.Transactions.Abstractions;

namespace Actors.Orleans.TransactionalStates;

/// <summary>A transactional state after all steps so far.</summary>
internal sealed class TransactionalImage
{
    private readonly List<PreparedState> _pending = [];

    public TransactionalStateMetaData Metadata { get; private set; } = new();

    public long CommittedSequenceId { get; private set; }

    /// <summary>The committed state; null before the first commit.</summary>
    public EncodedState? Committed { get; private set; }

    /// <summary>The prepared states, in the order of their sequence ids.</summary>
    public IReadOnlyList<PreparedState> Pending => _pending;

    /// <summary>The size of all encoded states in bytes.</summary>
    public long Bytes => (Committed?.Bytes.Length ?? 0) + _pending.Sum(p => (long)p.State.Bytes.Length);

    public static TransactionalImage Of(TransactionalStateMetaData metadata, long committedSequenceId, EncodedState? committed, IEnumerable<PreparedState> pending)
    {
        var image = new TransactionalImage { Metadata = metadata, CommittedSequenceId = committedSequenceId, Committed = committed };
        image._pending.AddRange(pending);
        return image;
    }

    /// <summary>Returns the image after a step. The step aborts, prepares, and commits, in this order.</summary>
    /// <exception cref="InvalidOperationException">The step commits a state that was not prepared.</exception>
    public TransactionalImage After(TransactionStep step)
    {
        var pending = new SortedDictionary<long, PreparedState>(_pending.Where(p => step.AbortAfter is null || p.SequenceId <= step.AbortAfter).ToDictionary(p => p.SequenceId));
        foreach (PreparedState prepared in step.Prepared)
            pending[prepared.SequenceId] = prepared;
        if (step.CommitUpTo is not { } upTo || upTo <= CommittedSequenceId)
            return Of(step.Metadata, CommittedSequenceId, Committed, pending.Values);
        if (!pending.TryGetValue(upTo, out PreparedState? committed))
            throw new InvalidOperationException($"State {upTo} is to be committed and was not prepared; the last one committed is {CommittedSequenceId}.");
        return Of(step.Metadata, upTo, committed.State, pending.Values.Where(p => p.SequenceId > upTo));
    }
}
