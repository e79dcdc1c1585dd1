using System.Runtime.CompilerServices;
using Actors.Wal.Inspection;

namespace Actors.Wal.Local;

/// <summary>Reads a store's directory, or a backup of one, also while the store's owner writes.</summary>
public sealed class LocalLogReader : ILogReader
{
    private readonly ReadOnlyLog _log;

    internal LocalLogReader(ReadOnlyLog log) => _log = log;

    /// <summary>Reads a store's directory as it is now.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no store.</exception>
    /// <exception cref="LogCorruptException">The log is damaged.</exception>
    /// <exception cref="LogUnreadableException">The file system refused to read.</exception>
    public static Task<LocalLogReader> OpenAsync(string directory, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Task.Run(() => new LocalLogReader(ReadOnlyLog.Open(directory)), cancellationToken);
    }

    /// <inheritdoc/>
    public Lsn LastLsn => _log.LastLsn;

    /// <inheritdoc/>
    public IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return StepByStep(_log.List(prefix), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<StreamInfo?> FindAsync(LogStreamId id, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(_log.Find(id));
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<LogRecord> ReadAsync(LogStreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => StepByStep(_log.Read(id, from, to), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<LogRecord> ReplayAsync(LogStreamId id, CancellationToken cancellationToken = default)
        => StepByStep(_log.Replay(id), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _log.Dispose();

    private static async IAsyncEnumerable<T> StepByStep<T>(IEnumerable<T> all, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask.ConfigureAwait(false);
        foreach (T one in all)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return one;
        }
    }
}
