using Actors.Wal;

namespace Actors.Orleans.Tests.Hosting;

/// <summary>One silo's view of a store that outlives it: closing the view leaves the store open.</summary>
public sealed class SharedStore(ILogStore inner) : ILogStore
{
    /// <summary>Does something to a stream before a silo opens it.</summary>
    public Func<LogStreamId, Task>? BeforeOpen { get; init; }

    /// <summary>Gives what a silo gets for a stream.</summary>
    public Func<ILogStream, ILogStream> Wrap { get; init; } = static stream => stream;

    /// <summary>Does something after a stream was opened.</summary>
    public Action? AfterOpen { get; set; }

    /// <summary>Does something between a look at where a stream stands and a reading of it.</summary>
    public Func<Task>? AfterFind { get; set; }

    public StoreStatistics Statistics => inner.Statistics;

    public async ValueTask<ILogStream> OpenAsync(LogStreamId id, StreamOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (BeforeOpen is not null)
            await BeforeOpen(id);
        ILogStream stream = await inner.OpenAsync(id, options, cancellationToken);
        AfterOpen?.Invoke();
        return Wrap(stream);
    }

    public ValueTask<IReadOnlyList<AppendResult>> AppendAtomicAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default)
        => inner.AppendAtomicAsync(appends, cancellationToken);

    public IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default)
        => inner.ListAsync(prefix, cancellationToken);

    public async ValueTask<StreamInfo?> FindAsync(LogStreamId id, CancellationToken cancellationToken = default)
    {
        StreamInfo? found = await inner.FindAsync(id, cancellationToken);
        if (AfterFind is not null)
            await AfterFind();
        return found;
    }

    public IAsyncEnumerable<LogRecord> ReadAsync(LogStreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => inner.ReadAsync(id, from, to, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReplayAsync(LogStreamId id, CancellationToken cancellationToken = default)
        => inner.ReplayAsync(id, cancellationToken);

    public IAsyncEnumerable<LogRecord> SubscribeAsync(Lsn from, CancellationToken cancellationToken = default)
        => inner.SubscribeAsync(from, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
