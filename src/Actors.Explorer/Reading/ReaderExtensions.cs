using Actors.Wal;

namespace Actors.Explorer.Reading;

/// <summary>Reads events one by one, whatever was dropped meanwhile.</summary>
internal static class ReaderExtensions
{
    /// <summary>Returns what a function makes of each event that is kept. A record's payload must not be used later.</summary>
    public static async ValueTask<IReadOnlyList<T>> ReadRowsAsync<T>(this IStreamReader reader, LogStreamId id, long from, long to, Func<LogRecord, T> make, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        from = Math.Max(from, 1);
        if (to < from)
            return rows;
        try
        {
            await foreach (LogRecord record in reader.ReadAsync(id, new Sequence(from), new Sequence(to), cancellationToken).ConfigureAwait(false))
                rows.Add(make(record));
        }
        catch (HistoryTruncatedException)
        {
            // The stream was truncated or deleted while it was read. The next look shows what is left.
        }

        return rows;
    }
}
