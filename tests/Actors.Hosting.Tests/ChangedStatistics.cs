using Actors.Wal;
using Actors.Wal.Local;

namespace Actors.Hosting.Tests;

/// <summary>A store whose statistics a test changes, to show states that a device would have to be broken for.</summary>
internal sealed class ChangedStatistics(ILogStore store) : ILogStore
{
    public Func<LocalStoreStatistics, LocalStoreStatistics> Change { get; set; } = static s => s;

    public StoreStatistics Statistics => Change((LocalStoreStatistics)store.Statistics);

    public ValueTask<ILogStream> OpenAsync(LogStreamId id, StreamOptions? options = null, CancellationToken cancellationToken = default)
        => store.OpenAsync(id, options, cancellationToken);

    public ValueTask<IReadOnlyList<AppendResult>> AppendAtomicAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default)
        => store.AppendAtomicAsync(appends, cancellationToken);

    public IAsyncEnumerable<LogRecord> SubscribeAsync(Lsn from, CancellationToken cancellationToken = default) => store.SubscribeAsync(from, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => store.FlushAsync(cancellationToken);

    public IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default) => store.ListAsync(prefix, cancellationToken);

    public ValueTask<StreamInfo?> FindAsync(LogStreamId id, CancellationToken cancellationToken = default) => store.FindAsync(id, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsync(LogStreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => store.ReadAsync(id, from, to, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReplayAsync(LogStreamId id, CancellationToken cancellationToken = default) => store.ReplayAsync(id, cancellationToken);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
