using Npgsql;

namespace Actors.Wal.Postgres.Servers;

/// <summary>The one connection that a committer appends through, made again when it is lost.</summary>
internal sealed class Session(NpgsqlDataSource source) : IAsyncDisposable
{
    // A statement older than this never inserts; trimming and Sightings.Limit rely on it. A plan that was prepared on a young table stays: let it use the key.
    private const string Settings = """
        SET synchronous_commit = on; SET default_transaction_isolation = 'read committed'; SET statement_timeout = '30s';
        SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off
        """;

    private NpgsqlConnection? _connection;

    public async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is { FullState: System.Data.ConnectionState.Open } open)
            return open;
        await DropAsync().ConfigureAwait(false);
        NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
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

    /// <summary>Gives up a connection that is of no use any more.</summary>
    public async Task DropAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
            await connection.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await DropAsync().ConfigureAwait(false);
}
