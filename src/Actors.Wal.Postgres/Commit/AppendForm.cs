using Npgsql;

namespace Actors.Wal.Postgres.Commit;

/// <summary>One form of the statement, prepared on the connection that it was used with last.</summary>
/// <param name="owner">Its first parameter.</param>
/// <param name="text">Gives how many rows went in, and the transaction; no row is as good as none.</param>
/// <param name="rows">Its other parameters.</param>
internal sealed class AppendForm(long owner, string text, IRowParameters rows) : IAsyncDisposable
{
    private NpgsqlCommand? _command;

    /// <returns>The transaction that has committed all rows; null if some did not go in.</returns>
    public async Task<long?> RunAsync(NpgsqlConnection connection, IReadOnlyList<StreamBatch> streams, CancellationToken cancellationToken)
    {
        rows.Fill(streams);
        NpgsqlCommand command = _command?.Connection == connection ? _command : await PrepareAsync(connection, cancellationToken).ConfigureAwait(false);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        long? tx = null;
        if (await reader.ReadAsync(cancellationToken).ConfigureAwait(false) && reader.GetInt64(0) == rows.Rows)
            tx = checked((long)reader.GetFieldValue<ulong>(1));

        // To the very end: the row arrives before the commit, which may still fail.
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return tx;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _command, null) is not { } command)
            return;

        // The next command gets them.
        command.Parameters.Clear();
        await command.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<NpgsqlCommand> PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await DisposeAsync().ConfigureAwait(false);
        var command = new NpgsqlCommand(text, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = owner });
        rows.Bind(command.Parameters);
        await command.PrepareAsync(cancellationToken).ConfigureAwait(false);
        return _command = command;
    }
}
