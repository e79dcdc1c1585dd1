namespace Actors.Orleans.TestKit.Faults;

/// <summary>A stream whose appends go wrong as planted.</summary>
internal sealed class FaultyStream(ILogStream inner, AppendFaults faults) : ILogStream
{
    private readonly Turnstile _turnstile = new(faults);

    public ILogStream Inner => inner;

    public StreamId Id => inner.Id;

    public Epoch Epoch => inner.Epoch;

    public Sequence Head => inner.Head;

    public Sequence? Checkpoint => inner.Checkpoint;

    public Sequence First => inner.First;

    public bool IsOwner => inner.IsOwner;

    public ValueTask<AppendResult> AppendAsync(EventData data, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => _turnstile.PassAsync([Id], () => inner.AppendAsync(data, expectedSequence, cancellationToken));

    public ValueTask<AppendResult> AppendAsync(IReadOnlyList<EventData> events, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => _turnstile.PassAsync([Id], () => inner.AppendAsync(events, expectedSequence, cancellationToken));

    public ValueTask<AppendResult> AppendStateAsync(EventData state, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => _turnstile.PassAsync([Id], () => inner.AppendStateAsync(state, expectedSequence, cancellationToken));

    public ValueTask CheckpointAsync(Sequence sequence, EventData state, CancellationToken cancellationToken = default)
        => inner.CheckpointAsync(sequence, state, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReplayAsync(CancellationToken cancellationToken = default) => inner.ReplayAsync(cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsync(Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => inner.ReadAsync(from, to, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsOfAsync(Sequence sequence, CancellationToken cancellationToken = default)
        => inner.ReadAsOfAsync(sequence, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsOfAsync(DateTimeOffset time, CancellationToken cancellationToken = default)
        => inner.ReadAsOfAsync(time, cancellationToken);

    public ValueTask TruncateAsync(Sequence before, CancellationToken cancellationToken = default) => inner.TruncateAsync(before, cancellationToken);

    public ValueTask DeleteAsync(Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => inner.DeleteAsync(expectedSequence, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
