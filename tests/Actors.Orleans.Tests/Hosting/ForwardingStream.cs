using Actors.Wal;

namespace Actors.Orleans.Tests.Hosting;

/// <summary>A stream that passes each call on; tests override what they change.</summary>
public abstract class ForwardingStream(ILogStream inner) : ILogStream
{
    /// <summary>The stream that gets the calls.</summary>
    public ILogStream Inner => inner;

    public LogStreamId Id => inner.Id;

    public Epoch Epoch => inner.Epoch;

    public Sequence Head => inner.Head;

    public Sequence? Checkpoint => inner.Checkpoint;

    public Sequence First => inner.First;

    public bool IsOwner => inner.IsOwner;

    public CancellationToken OwnershipLost => inner.OwnershipLost;

    public ValueTask<bool> ConfirmOwnershipAsync(CancellationToken cancellationToken = default) => inner.ConfirmOwnershipAsync(cancellationToken);

    public virtual ValueTask<AppendResult> AppendAsync(EventData data, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => inner.AppendAsync(data, expectedSequence, cancellationToken);

    public virtual ValueTask<AppendResult> AppendAsync(IReadOnlyList<EventData> events, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => inner.AppendAsync(events, expectedSequence, cancellationToken);

    public virtual ValueTask<AppendResult> AppendStateAsync(EventData state, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => inner.AppendStateAsync(state, expectedSequence, cancellationToken);

    public virtual ValueTask CheckpointAsync(Sequence sequence, EventData state, CancellationToken cancellationToken = default)
        => inner.CheckpointAsync(sequence, state, cancellationToken);

    public virtual IAsyncEnumerable<LogRecord> ReplayAsync(CancellationToken cancellationToken = default) => inner.ReplayAsync(cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsync(Sequence from, Sequence to, CancellationToken cancellationToken = default) => inner.ReadAsync(from, to, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsOfAsync(Sequence sequence, CancellationToken cancellationToken = default) => inner.ReadAsOfAsync(sequence, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsOfAsync(DateTimeOffset time, CancellationToken cancellationToken = default) => inner.ReadAsOfAsync(time, cancellationToken);

    public ValueTask TruncateAsync(Sequence before, CancellationToken cancellationToken = default) => inner.TruncateAsync(before, cancellationToken);

    public virtual ValueTask DeleteAsync(Sequence? expectedSequence = null, CancellationToken cancellationToken = default) => inner.DeleteAsync(expectedSequence, cancellationToken);

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return inner.DisposeAsync();
    }
}
