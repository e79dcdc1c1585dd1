using Actors.Wal;

namespace Actors.Orleans.Tests.Hosting;

/// <summary>One silo's view of a store that outlives it: closing the view leaves the store open.</summary>
public sealed class SharedStore(ILogStore inner) : ILogStore
{
    /// <summary>Does something to a stream before a silo opens it.</summary>
    public Func<StreamId, Task>? BeforeOpen { get; init; }

    public StoreStatistics Statistics => inner.Statistics;

    public async ValueTask<ILogStream> OpenAsync(StreamId id, StreamOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (BeforeOpen is not null)
            await BeforeOpen(id);
        return await inner.OpenAsync(id, options, cancellationToken);
    }

    public ValueTask<IReadOnlyList<AppendResult>> AppendAtomicAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default)
        => inner.AppendAtomicAsync(appends, cancellationToken);

    public IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default)
        => inner.ListAsync(prefix, cancellationToken);

    public ValueTask<StreamInfo?> FindAsync(StreamId id, CancellationToken cancellationToken = default)
        => inner.FindAsync(id, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsync(StreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => inner.ReadAsync(id, from, to, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReplayAsync(StreamId id, CancellationToken cancellationToken = default)
        => inner.ReplayAsync(id, cancellationToken);

    public IAsyncEnumerable<LogRecord> SubscribeAsync(Lsn from, CancellationToken cancellationToken = default)
        => inner.SubscribeAsync(from, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
