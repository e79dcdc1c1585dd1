using System.Runtime.CompilerServices;
using System.Text;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Npgsql;

namespace Actors.Wal.Postgres.Reading;

/// <summary>Lists streams that are not empty, in the order of their names, a page at a time.</summary>
internal sealed class StreamList(PostgresLogStoreOptions options)
{
    private const int PageRows = 512;

    private readonly string _sql = $"""
        SELECT s.name, h.seq, h.sub, h.count, h.epoch, h.kind, h.tx, h.ordinal, h.recorded_at, NULL::bytea, h.checkpoint_seq, h.base_seq, h.base_sub, h.first_seq
        FROM (SELECT id, name FROM {Migrations.Quote(options.Schema)}.stream
              WHERE deleted_at IS NULL AND name >= $1 AND name > $2 AND substring(name FROM 1 FOR length($1)) = $1 ORDER BY name LIMIT {PageRows}) s
        CROSS JOIN LATERAL (SELECT * FROM {Migrations.Quote(options.Schema)}.event e WHERE e.stream_id = s.id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h
        ORDER BY s.name
        """;

    public async IAsyncEnumerable<StreamInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[] first = Encoding.UTF8.GetBytes(prefix);
        byte[] after = [];
        while (true)
        {
            List<(byte[] Name, StoredRow Head)> page = await PageAsync(first, after, cancellationToken).ConfigureAwait(false);
            foreach ((byte[] name, StoredRow head) in page)
            {
                StreamTail tail = head.Tail;
                if (head.Kind != RowKind.Tombstone && !tail.IsEmpty)
                    yield return new StreamInfo(new LogStreamId(Encoding.UTF8.GetString(name)), tail.Head, new Sequence(tail.First), tail.Checkpoint is { } at ? new Sequence(at) : null);
            }

            if (page.Count < PageRows)
                yield break;
            after = page[^1].Name;
        }
    }

    private Task<List<(byte[] Name, StoredRow Head)>> PageAsync(byte[] prefix, byte[] after, CancellationToken cancellationToken)
        => ServerReads.DoAsync(options, () => PageOnceAsync(prefix, after, cancellationToken), cancellationToken);

    private async Task<List<(byte[] Name, StoredRow Head)>> PageOnceAsync(byte[] prefix, byte[] after, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = options.DataSource.CreateCommand(_sql);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = prefix });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = after });
        var page = new List<(byte[], StoredRow)>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            page.Add((reader.GetFieldValue<byte[]>(0), StoredRow.Read(reader, 1)));
        return page;
    }
}
