using System.Runtime.CompilerServices;
using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Reading;

/// <summary>Reads streams by name, without owning them. Each call sees what is committed when it is made.</summary>
internal sealed class UnownedStreams(PostgresLogStoreOptions options, StreamRows rows) : IStreamReader
{

    public IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return new StreamList(options).ListAsync(prefix, cancellationToken);
    }

    public async ValueTask<StreamInfo?> FindAsync(LogStreamId id, CancellationToken cancellationToken = default)
    {
        if (await HeadAsync(id, cancellationToken).ConfigureAwait(false) is not { Tail: var tail } || tail.IsEmpty)
            return null;
        return new StreamInfo(id, tail.Head, new Sequence(tail.First), tail.Checkpoint is { } at ? new Sequence(at) : null);
    }

    public IAsyncEnumerable<LogRecord> ReadAsync(LogStreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => from > to ? AsyncEnumerable.Empty<LogRecord>() : ReadAsync(id, h => h.RangeAsync(from.Value, to.Value, cancellationToken), cancellationToken);

    public IAsyncEnumerable<LogRecord> ReplayAsync(LogStreamId id, CancellationToken cancellationToken = default)
        => ReadAsync(id, h => h.ReplayAsync(cancellationToken), cancellationToken);

    private async IAsyncEnumerable<LogRecord> ReadAsync(LogStreamId id, Func<PostgresStreamHistory, IAsyncEnumerable<LogRecord>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await HeadAsync(id, cancellationToken).ConfigureAwait(false) is not { } head)
            yield break;
        await foreach (LogRecord record in read(new PostgresStreamHistory(rows, head.Stream, id, head.Tail)).ConfigureAwait(false))
            yield return record;
    }

    private async Task<(long Stream, StreamTail Tail)?> HeadAsync(LogStreamId id, CancellationToken cancellationToken)
    {
        Refusals.RequireId(id);
        return await rows.HeadAsync(id, cancellationToken).ConfigureAwait(false) is (var stream, { Kind: not RowKind.Tombstone } head) ? (stream, head.Tail) : null;
    }
}
