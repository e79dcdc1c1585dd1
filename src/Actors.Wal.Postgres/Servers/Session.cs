using Npgsql;

namespace Actors.Wal.Postgres.Servers;

/// <summary>A connection with the settings that the store needs, opened again when it is lost.</summary>
internal sealed class Session(NpgsqlDataSource source) : IAsyncDisposable
{
    // statement_timeout: a statement older than this never inserts; trimming and Sightings.Limit rely on it. enable_*: a plan that was
    // prepared while the table was small is kept, so it must use the primary key. jit: compiling takes longer than these statements.
    private const string Settings = """
        SET default_transaction_isolation = 'read committed'; SET statement_timeout = '30s'; SET client_min_messages = warning;
        SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off;
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'
        """;

    // The server function that warns of a commit that the standbys have not confirmed. The warning's text depends on the server's language.
    private const string StandbyWait = "SyncRepWaitForLSN";

    private NpgsqlConnection? _connection;
    private bool _isUnconfirmed;

    public async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is { FullState: System.Data.ConnectionState.Open } open)
            return open;
        await DropAsync().ConfigureAwait(false);
        NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        connection.Notice += (_, notice) => _isUnconfirmed |= notice.Notice.Routine == StandbyWait;
        try
        {
            await using var settings = new NpgsqlCommand(Settings, connection);
            await settings.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return _connection = connection;
    }

    /// <summary>
    /// Returns whether, since the last call, a commit was reported as done before the synchronous standbys had confirmed it. A cancelled
    /// statement, such as one that ran into its timeout, no longer waits for them.
    /// </summary>
    public bool TakeUnconfirmed()
    {
        bool taken = _isUnconfirmed;
        _isUnconfirmed = false;
        return taken;
    }

    /// <summary>Waits until the synchronous standbys have confirmed everything that is committed so far.</summary>
    /// <exception cref="TimeoutException">They did not confirm it in time.</exception>
    public async Task ConfirmAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand("SELECT pg_logical_emit_message(true, 'actors', 'confirm')", connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        if (TakeUnconfirmed())
            throw new TimeoutException("The server's synchronous standbys have not confirmed what was committed.");
    }

    /// <summary>Closes the connection; the next use opens a new one.</summary>
    public async Task DropAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
            await connection.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await DropAsync().ConfigureAwait(false);
}
