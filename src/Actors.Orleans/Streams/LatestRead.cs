using Actors.Wal;

namespace Actors.Orleans.Streams;

/// <summary>Reads streams without owning them. If the owner truncates records during a read, the read starts again at the newer checkpoint.</summary>
internal static class LatestRead
{
    private const int MostAttempts = 10;

    /// <exception cref="HistoryTruncatedException">Records were dropped during every attempt.</exception>
    public static async ValueTask<T> ReadAsync<T>(Func<ValueTask<T>> read)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await read().ConfigureAwait(false);
            }
            catch (HistoryTruncatedException) when (attempt < MostAttempts)
            {
            }
        }
    }
}
