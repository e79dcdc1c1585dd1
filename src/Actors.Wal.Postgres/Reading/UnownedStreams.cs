using System.Runtime.CompilerServices;
using System.Text;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Streams;
using Npgsql;

namespace Actors.Wal.Postgres.Reading;

/// <summary>Reads streams by name, whoever owns them: each call sees what is committed when it is made.</summary>
internal sealed class UnownedStreams(PostgresLogStoreOptions options, StreamRows rows) : IStreamReader
{
    private readonly string _find = $"SELECT id FROM {Migrations.Quote(options.Schema)}.stream WHERE name = $1 AND deleted_at IS NULL";

    public IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return new StreamList(options).ListAsync(prefix, cancellationToken);
    }

    public async ValueTask<StreamInfo?> FindAsync(StreamId id, CancellationToken cancellationToken = default)
    {
        if (await HeadAsync(id, cancellationToken).ConfigureAwait(false) is not { Tail: var tail } || tail.IsEmpty)
            return null;
        return new StreamInfo(id, tail.Head, new Sequence(tail.First), tail.Checkpoint is { } at ? new Sequence(at) : null);
    }

    public IAsyncEnumerable<LogRecord> ReadAsync(StreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => from > to ? AsyncEnumerable.Empty<LogRecord>() : ReadAsync(id, h => h.RangeAsync(from.Value, to.Value, cancellationToken), cancellationToken);

    public IAsyncEnumerable<LogRecord> ReplayAsync(StreamId id, CancellationToken cancellationToken = default)
        => ReadAsync(id, h => h.ReplayAsync(cancellationToken), cancellationToken);

    private async IAsyncEnumerable<LogRecord> ReadAsync(StreamId id, Func<StreamHistory, IAsyncEnumerable<LogRecord>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await HeadAsync(id, cancellationToken).ConfigureAwait(false) is not { } head)
            yield break;
        await foreach (LogRecord record in read(new StreamHistory(rows, head.Stream, id, head.Tail)).ConfigureAwait(false))
            yield return record;
    }

    private async Task<(long Stream, StreamTail Tail)?> HeadAsync(StreamId id, CancellationToken cancellationToken)
    {
        Refusals.RequireId(id);
        await using NpgsqlCommand command = options.DataSource.CreateCommand(_find);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = Encoding.UTF8.GetBytes(id.Value) });
        if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not long stream)
            return null;
        return await rows.HeadAsync(stream, cancellationToken).ConfigureAwait(false) is { Kind: not RowKind.Tombstone } head ? (stream, head.Tail) : null;
    }
}
