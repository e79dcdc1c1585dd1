using Actors.Wal.Postgres.Schema;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// The one statement of a commit. It inserts a stream's rows only if they follow the row that this owner knows as the last one. The primary
/// key prevents another owner's row in between.
/// </summary>
/// <param name="options">The store's options.</param>
/// <param name="owner">The number in each row of this store, which distinguishes them from the rows of others.</param>
internal sealed class AppendStatement(PostgresLogStoreOptions options, long owner) : IAsyncDisposable
{
    private readonly AppendForms _forms = new(options, owner);
    private readonly string _examine = $"""
        SELECT x.stream_id, e.tx, e.commit_id IS NOT DISTINCT FROM $1
        FROM unnest($2::bigint[], $3::bigint[], $4::int[]) AS x(stream_id, seq, sub)
        JOIN {Migrations.Quote(options.Schema)}.event e ON e.stream_id = x.stream_id AND e.seq = x.seq AND e.sub = x.sub
        """;

    /// <summary>Returns whether a form can be used that does not read the streams' last rows.</summary>
    public bool IsSighted(IReadOnlyList<StreamBatch> streams) => Sightings.Suffice(streams, options.Time);

    /// <summary>Sends the statement.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="commit">The commit's number, which identifies its rows after an answer was lost.</param>
    /// <param name="streams">The streams' rows.</param>
    /// <param name="isSighted">Whether to use a form that does not read the last rows; it inserts all rows or none.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    /// <returns>Null if some rows were not inserted. After a form that reads the last rows, <see cref="ExamineAsync"/> tells which.</returns>
    public Task<BatchCommitResult?> RunAsync(NpgsqlConnection connection, long commit, IReadOnlyList<StreamBatch> streams, bool isSighted, CancellationToken cancellationToken)
        => _forms.Of(streams, isSighted).RunAsync(connection, commit, streams, cancellationToken);

    /// <summary>Reads the rows at the positions where each stream's first row was to be inserted.</summary>
    /// <returns>For each stream with a row there: its transaction if the row is this commit's, null if it is another's.</returns>
    public async Task<Dictionary<long, long?>> ExamineAsync(NpgsqlConnection connection, long commit, IReadOnlyList<StreamBatch> streams, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(_examine, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = commit });
        AddArray(NpgsqlDbType.Bigint, s => s.Stream.Id);
        AddArray(NpgsqlDbType.Bigint, s => s.Start.Seq);
        AddArray(NpgsqlDbType.Integer, s => s.Start.Sub);
        var found = new Dictionary<long, long?>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            found[reader.GetInt64(0)] = reader.GetBoolean(2) ? checked((long)reader.GetFieldValue<ulong>(1)) : null;
        return found;

        void AddArray<T>(NpgsqlDbType type, Func<StreamBatch, T> value)
            => command.Parameters.Add(new NpgsqlParameter { Value = streams.Select(value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    public ValueTask DisposeAsync() => _forms.DisposeAsync();
}
