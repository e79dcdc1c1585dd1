using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>One form of the statement, prepared on the connection that it was used with last.</summary>
/// <param name="owner">Its first parameter; the commit's number is the second.</param>
/// <param name="time">The clock of this process.</param>
/// <param name="text">Gives how many rows went in, the transaction, whether none is ahead of its time, that time, and since when the server runs; no row is as good as none.</param>
/// <param name="rows">Its other parameters.</param>
internal sealed class AppendForm(long owner, TimeProvider time, string text, IRowParameters rows) : IAsyncDisposable
{
    private readonly NpgsqlParameter<long> _commit = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private NpgsqlCommand? _command;

    /// <param name="connection">The connection.</param>
    /// <param name="commit">The commit's number.</param>
    /// <param name="streams">The streams' rows.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>Null if some rows did not go in.</returns>
    public async Task<Committed?> RunAsync(NpgsqlConnection connection, long commit, IReadOnlyList<StreamBatch> streams, CancellationToken cancellationToken)
    {
        rows.Fill(streams);
        _commit.TypedValue = commit;
        NpgsqlCommand command = _command?.Connection == connection ? _command : await PrepareAsync(connection, cancellationToken).ConfigureAwait(false);
        long sent = time.GetTimestamp();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        Committed? committed = null;
        if (await reader.ReadAsync(cancellationToken).ConfigureAwait(false) && reader.GetInt64(0) == rows.Rows)
        {
            Sighting? seen = reader.GetBoolean(2) ? new Sighting(reader.GetDateTime(3), reader.GetDateTime(4), sent) : null;
            committed = new Committed(checked((long)reader.GetFieldValue<ulong>(1)), seen);
        }

        // To the very end: the row arrives before the commit, which may still fail.
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
        // The next command gets them.
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
