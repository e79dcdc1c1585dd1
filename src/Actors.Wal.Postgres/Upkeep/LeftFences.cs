using System.Globalization;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Streams;
using Npgsql;

namespace Actors.Wal.Postgres.Upkeep;

/// <summary>
/// Notes the fences with a row behind them that are not noted yet. A process that is killed has not noted its own. Each store does this in
/// its first minutes, and then once a day.
/// </summary>
internal sealed class LeftFences(PostgresLogStoreOptions options)
{
    private static readonly TimeSpan Period = TimeSpan.FromDays(1);

    private readonly string _note = string.Create(CultureInfo.InvariantCulture, $"""
        INSERT INTO {Migrations.Quote(options.Schema)}.spent_fence (stream_id, seq, sub, owner)
        SELECT f.stream_id, f.seq, f.sub, f.owner FROM {Migrations.Quote(options.Schema)}.event f
        WHERE f.kind = {(short)RowKind.Fence}
          AND EXISTS (SELECT FROM {Migrations.Quote(options.Schema)}.event l WHERE l.stream_id = f.stream_id AND (l.seq, l.sub) > (f.seq, f.sub))
        ON CONFLICT DO NOTHING
        """);

    private long? _noted;

    public async Task NoteAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (_noted is { } noted && options.Time.GetElapsedTime(noted) < Period)
            return;
        await using var note = new NpgsqlCommand(_note, connection) { CommandTimeout = 0 };
        await note.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        _noted = options.Time.GetTimestamp();
    }
}
