using System.Runtime.CompilerServices;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Streams;
using Npgsql;

namespace Actors.Wal.Postgres.Reading;

/// <summary>Lists streams that have events, in the order of their names, a page at a time.</summary>
internal sealed class StreamList(PostgresLogStoreOptions options)
{
    private const int PageRows = 512;

    private readonly string _sql = $"""
        SELECT s.name, h.seq, h.sub, h.count, h.epoch, h.kind, h.tx, h.ordinal, h.recorded_at, NULL::bytea, h.checkpoint_seq, h.base_seq, h.base_sub, h.first_seq
        FROM (SELECT id, name FROM {Migrations.Quote(options.Schema)}.stream
              WHERE deleted_at IS NULL AND name >= $1 AND name > $2 AND starts_with(name, $1) ORDER BY name LIMIT {PageRows}) s
        CROSS JOIN LATERAL (SELECT * FROM {Migrations.Quote(options.Schema)}.event e WHERE e.stream_id = s.id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h
        ORDER BY s.name
        """;

    public async IAsyncEnumerable<StreamInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string after = "";
        while (true)
        {
            List<(string Name, StoredRow Head)> page = await PageAsync(prefix, after, cancellationToken).ConfigureAwait(false);
            foreach ((string name, StoredRow head) in page)
            {
                StreamTail tail = head.Tail;
                if (head.Kind != RowKind.Tombstone && tail.Head > Sequence.Zero)
                    yield return new StreamInfo(new StreamId(name), tail.Head, new Sequence(tail.First), tail.Checkpoint is { } at ? new Sequence(at) : null);
            }

            if (page.Count < PageRows)
                yield break;
            after = page[^1].Name;
        }
    }

    private async Task<List<(string Name, StoredRow Head)>> PageAsync(string prefix, string after, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = options.DataSource.CreateCommand(_sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = prefix });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after });
        var page = new List<(string, StoredRow)>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            page.Add((reader.GetString(0), StoredRow.Read(reader, 1)));
        return page;
    }
}
