using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>One form of the append statement, prepared on the connection that used it last.</summary>
/// <param name="owner">The number of the store, its first parameter; the commit's number is the second.</param>
/// <param name="time">The clock of this process.</param>
/// <param name="text">Its SQL. It returns the number of inserted rows, the transaction, whether no row's time is later than now(), now(), and the
/// server's start time. No result means that no row was inserted.</param>
/// <param name="rows">Its other parameters.</param>
internal sealed class AppendForm(long owner, TimeProvider time, string text, IRowParameters rows) : IAsyncDisposable
{
    private readonly NpgsqlParameter<long> _commit = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private NpgsqlCommand? _command;

    /// <param name="connection">The connection.</param>
    /// <param name="commit">The commit's number.</param>
    /// <param name="streams">The streams' rows.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    /// <returns>Null if some rows were not inserted.</returns>
    public async Task<BatchCommitResult?> RunAsync(NpgsqlConnection connection, long commit, IReadOnlyList<StreamBatch> streams, CancellationToken cancellationToken)
    {
        rows.Fill(streams);
        _commit.TypedValue = commit;
        NpgsqlCommand command = _command?.Connection == connection ? _command : await PrepareAsync(connection, cancellationToken).ConfigureAwait(false);
        long sent = time.GetTimestamp();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        BatchCommitResult? committed = null;
        if (await reader.ReadAsync(cancellationToken).ConfigureAwait(false) && reader.GetInt64(0) == rows.Rows)
        {
            Sighting? seen = reader.GetBoolean(2) ? new Sighting(reader.GetDateTime(3), reader.GetDateTime(4), sent) : null;
            committed = new BatchCommitResult(checked((long)reader.GetFieldValue<ulong>(1)), seen);
        }

        // The result is read to its end, because the row arrives before the commit, which may still fail.
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return committed;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _command, null) is { } command)
            await ReleaseAsync(command).ConfigureAwait(false);
    }

    private static ValueTask ReleaseAsync(NpgsqlCommand command)
    {
        // The next command gets the same parameters.
        command.Parameters.Clear();
        return command.DisposeAsync();
    }

    private async Task<NpgsqlCommand> PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await DisposeAsync().ConfigureAwait(false);
        var command = new NpgsqlCommand(text, connection);
        try
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = owner });
            command.Parameters.Add(_commit);
            rows.Bind(command.Parameters);
            await command.PrepareAsync(cancellationToken).ConfigureAwait(false);
            return _command = command;
        }
        catch
        {
            await ReleaseAsync(command).ConfigureAwait(false);
            throw;
        }
    }
}
