namespace Actors.Orleans.TestKit.Faults;

/// <summary>A stream whose appends fail as planned.</summary>
internal sealed class FaultyStream : ILogStream
{
    private readonly ILogStream _inner;
    private readonly Turnstile _turnstile;
    private readonly CancellationTokenSource _lost = new();

    public FaultyStream(ILogStream inner, AppendFaults faults, Takeovers takeovers)
    {
        _inner = inner;
        _turnstile = new Turnstile(faults);
        inner.OwnershipLost.UnsafeRegister(
            _ =>
            {
                if (!takeovers.IsUnnoticed(Id))
                    _lost.Cancel();
            },
            null);
    }

    public ILogStream Inner => _inner;

    public LogStreamId Id => _inner.Id;

    public Epoch Epoch => _inner.Epoch;

    public Sequence Head => _inner.Head;

    public Sequence? Checkpoint => _inner.Checkpoint;

    public Sequence First => _inner.First;

    public bool IsOwner => _inner.IsOwner;

    public CancellationToken OwnershipLost => _lost.Token;

    public ValueTask<bool> ConfirmOwnershipAsync(CancellationToken cancellationToken = default) => _inner.ConfirmOwnershipAsync(cancellationToken);

    public ValueTask<AppendResult> AppendAsync(EventData data, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => _turnstile.PassAsync([Id], () => _inner.AppendAsync(data, expectedSequence, cancellationToken));

    public ValueTask<AppendResult> AppendAsync(IReadOnlyList<EventData> events, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => _turnstile.PassAsync([Id], () => _inner.AppendAsync(events, expectedSequence, cancellationToken));

    public ValueTask<AppendResult> AppendStateAsync(EventData state, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => _turnstile.PassAsync([Id], () => _inner.AppendStateAsync(state, expectedSequence, cancellationToken));

    public ValueTask CheckpointAsync(Sequence sequence, EventData state, CancellationToken cancellationToken = default)
        => _inner.CheckpointAsync(sequence, state, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReplayAsync(CancellationToken cancellationToken = default) => _inner.ReplayAsync(cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsync(Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => _inner.ReadAsync(from, to, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsOfAsync(Sequence sequence, CancellationToken cancellationToken = default)
        => _inner.ReadAsOfAsync(sequence, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsOfAsync(DateTimeOffset time, CancellationToken cancellationToken = default)
        => _inner.ReadAsOfAsync(time, cancellationToken);

    public ValueTask TruncateAsync(Sequence before, CancellationToken cancellationToken = default) => _inner.TruncateAsync(before, cancellationToken);

    public ValueTask DeleteAsync(Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => _inner.DeleteAsync(expectedSequence, cancellationToken);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();
}
