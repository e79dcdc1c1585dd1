using Npgsql;

namespace Actors.Wal.Postgres.Servers;

/// <summary>Repeats reads while the server can't be reached. A read changes nothing, so it may be repeated.</summary>
internal static class ServerReads
{
    /// <param name="options">The store's options, which say how long to wait.</param>
    /// <param name="read">Reads an answer to its end. A part of an answer is not used.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StoreUnreachableException">The server could not be reached for <see cref="PostgresLogStoreOptions.Patience"/>.</exception>
    public static async Task<T> DoAsync<T>(PostgresLogStoreOptions options, Func<Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await ServerWait.DoAsync(options.Patience, options.Time, read, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PostgresException || ServerErrors.IsUnreachable(e))
        {
            throw new StoreUnreachableException($"The store in schema '{options.Schema}' can't be read: {ServerErrors.Explain(e)}", e);
        }
    }
}
