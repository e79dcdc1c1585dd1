using System.Globalization;
using Npgsql;

namespace Actors.Wal.Postgres.Servers;

/// <summary>
/// Refuses a connection that shares sessions of the server between clients: by a pooler in transaction or statement mode, or by Npgsql's
/// multiplexing. Settings and prepared statements of one client would be those of another. A pooler in session mode is accepted.
/// </summary>
internal static class PoolerCheck
{
    // A pooler that assigns its sessions in turn may pass one round.
    private const int Rounds = 4;

    /// <exception cref="InvalidOperationException">Sessions are shared.</exception>
    public static async Task RequireSessionsAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        if (new NpgsqlConnectionStringBuilder(source.ConnectionString).Multiplexing)
            throw new InvalidOperationException("The connection string has Multiplexing=true: many callers would share the sessions of a log that need settings of their own. Set Multiplexing=false.");
        await using NpgsqlConnection first = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        int session = await SessionAsync(first, null, cancellationToken).ConfigureAwait(false);
        if (session == first.ProcessID)
            return;

        // The server's process is not the one that was reported at the connect, so there is a pooler. While a second connection holds its
        // session in a transaction, the first one must keep its own.
        await using NpgsqlConnection second = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < Rounds; i++)
        {
            if (await AreSharedAsync(first, second, session, cancellationToken).ConfigureAwait(false))
                throw new InvalidOperationException("Between this program and the server is a pooler that gives each transaction another session. The log needs sessions of its own: set the pooler to session mode for it (PgBouncer: pool_mode = session), or connect to the server itself.");
        }
    }

    private static async Task<bool> AreSharedAsync(NpgsqlConnection first, NpgsqlConnection second, int session, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlTransaction transaction = await second.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            return await SessionAsync(second, transaction, cancellationToken).ConfigureAwait(false) == session
                || await SessionAsync(first, null, cancellationToken).ConfigureAwait(false) != session;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ProtocolViolation && e.MessageText.Contains("pooling mode", StringComparison.Ordinal))
        {
            // A pooler in statement mode refuses transactions. It has the same error code for a server session that ended, so the text is checked.
            return true;
        }
    }

    private static async Task<int> SessionAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_backend_pid()", connection, transaction);
        return Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false), CultureInfo.InvariantCulture);
    }
}
