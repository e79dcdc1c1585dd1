using Actors.Explorer.Stores;
using Actors.Wal;
using Actors.Wal.Feeds;

namespace Actors.Explorer.Sources;

/// <summary>Reads slices of a log's feed.</summary>
internal static class FeedSlices
{
    /// <summary>Reads the newest records behind the reader's place, and leaves out those before them.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="last">The last record that may be read.</param>
    /// <param name="row">Turns a record into a row; null to leave it out.</param>
    public static FeedSlice Next(FeedReader reader, Lsn last, Func<LogRecord, RecordRow?> row)
    {
        long leftOut = Math.Max(0, last.Value - FeedPace.MostRecords - reader.Seen.Value);
        if (leftOut > 0)
            reader.SkipTo(new Lsn(last.Value - FeedPace.MostRecords));
        var rows = new List<RecordRow>();
        foreach (LogRecord record in reader.Read(last))
        {
            if (row(record) is { } made)
                rows.Add(made);
        }

        return new FeedSlice(rows, last.Value, leftOut);
    }
}
