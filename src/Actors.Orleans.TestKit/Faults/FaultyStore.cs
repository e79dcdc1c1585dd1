namespace Actors.Orleans.TestKit.Faults;

/// <summary>One silo's view of a test's store. Appends fail as the test has planned, and closing the view leaves the store open.</summary>
internal sealed class FaultyStore(ILogStore inner, AppendFaults faults, Takeovers takeovers) : ILogStore
{
    private readonly Turnstile _turnstile = new(faults);

    public StoreStatistics Statistics => inner.Statistics;

    public async ValueTask<ILogStream> OpenAsync(LogStreamId id, StreamOptions? options = null, CancellationToken cancellationToken = default)
    {
        ILogStream stream = await inner.OpenAsync(id, options, cancellationToken).ConfigureAwait(false);
        takeovers.End(id);
        return new FaultyStream(stream, faults, takeovers);
    }

    /// <summary>Opens and closes a stream, which fences its owner.</summary>
    public async Task TakeOverAsync(LogStreamId id, bool isNoticed)
    {
        if (!isNoticed)
            takeovers.Hide(id);
        await using ILogStream stream = await inner.OpenAsync(id).ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<AppendResult>> AppendAtomicAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(appends);
        StreamAppend[] bare = [.. appends.Select(a => a with { Stream = (a.Stream as FaultyStream)?.Inner ?? a.Stream })];
        return _turnstile.PassAsync([.. appends.Select(a => a.Stream.Id)], () => inner.AppendAtomicAsync(bare, cancellationToken));
    }

    public IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default)
        => inner.ListAsync(prefix, cancellationToken);

    public ValueTask<StreamInfo?> FindAsync(LogStreamId id, CancellationToken cancellationToken = default)
        => inner.FindAsync(id, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsync(LogStreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => inner.ReadAsync(id, from, to, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReplayAsync(LogStreamId id, CancellationToken cancellationToken = default)
        => inner.ReplayAsync(id, cancellationToken);

    public IAsyncEnumerable<LogRecord> SubscribeAsync(Lsn from, CancellationToken cancellationToken = default)
        => inner.SubscribeAsync(from, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
