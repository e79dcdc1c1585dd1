using Actors.Explorer.Stores;
using Actors.Wal;

namespace Actors.Explorer.Sources;

/// <summary>Where an explored store is kept, without its meaning: an open store, a directory, or a schema in PostgreSQL.</summary>
internal abstract class StoreSource : IDisposable
{
    public abstract string Place { get; }

    public abstract bool IsLive { get; }

    public abstract bool HasSegments { get; }

    /// <summary>Returns a reader that shows the store as of now, or of a moment ago. Dispose it soon.</summary>
    public abstract ValueTask<ReaderLease> ReadAsync(CancellationToken cancellationToken);

    public abstract ValueTask<StoreOverview> GetOverviewAsync(CancellationToken cancellationToken);

    public abstract ValueTask<StreamPage> ListAsync(StreamQuery query, CancellationToken cancellationToken);

    /// <summary>Returns a function that tells which streams are open in this process, as of now, and whether they were fenced.</summary>
    public virtual Func<LogStreamId, StreamMarks> MarksNow() => static _ => StreamMarks.None;

    public abstract ValueTask<SegmentMap> GetSegmentsAsync(CancellationToken cancellationToken);

    /// <summary>Returns new records in slices, and leaves out the oldest when there are too many.</summary>
    /// <param name="row">Turns a record into a row; null when the filter leaves it out. Called for each record that was read.</param>
    /// <param name="cancellationToken">Ends the feed.</param>
    public abstract IAsyncEnumerable<FeedSlice> FollowAsync(Func<LogRecord, RecordRow?> row, CancellationToken cancellationToken);

    public abstract IAsyncEnumerable<VerifyState> VerifyAsync(CancellationToken cancellationToken);

    /// <summary>Closes what was opened for the source. A silo's store stays open.</summary>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    protected virtual void Close()
    {
    }
}

/// <summary>A reader for a short time.</summary>
internal readonly struct ReaderLease(IStreamReader reader, Action? release = null) : IDisposable
{
    public IStreamReader Reader => reader;

    public void Dispose() => release?.Invoke();
}
