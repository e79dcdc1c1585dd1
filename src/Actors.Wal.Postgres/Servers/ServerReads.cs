namespace Actors.Wal.Postgres.Servers;

/// <summary>Reads that are made again while the server can't be reached: nothing depends on how often they are made.</summary>
internal static class ServerReads
{
    /// <param name="options">The store's, with how long it waits.</param>
    /// <param name="read">Reads an answer to its end. What is in it counts only when all of it has arrived.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StoreUnreachableException">The server could not be reached for <see cref="PostgresLogStoreOptions.Patience"/>.</exception>
    public static async Task<T> DoAsync<T>(PostgresLogStoreOptions options, Func<Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await ServerWait.DoAsync(options.Patience, options.Time, read, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsUnreachable(e))
        {
            throw new StoreUnreachableException($"The store in schema '{options.Schema}' can't be read: {e.Message}", e);
        }
    }
}
