using System.Runtime.CompilerServices;
using Actors.Explorer.Stores;
using Actors.Wal;
using Actors.Wal.Feeds;
using Actors.Wal.Inspection;
using Actors.Wal.Local;

namespace Actors.Explorer.Sources;

/// <summary>A store on files that is open in this process.</summary>
/// <param name="store">The store.</param>
/// <param name="flushes">How long the flushes of this process take.</param>
/// <param name="time">The clock.</param>
internal sealed class OpenLogSource(LocalLogStore store, FlushTimes flushes, TimeProvider time) : StoreSource
{
    private readonly LogInspector _inspector = store.Inspect();
    private SearchedStreams? _streams;

    public override string Place => store.Options.Directory;

    public override bool IsLive => true;

    public override bool HasSegments => true;

    private SearchedStreams Streams => _streams ??= new SearchedStreams(
        _ => ValueTask.FromResult(new ListedStreams(_inspector.Newest, id => store.FindAsync(id), store.Statistics.Streams, static () => { })), time);

    public override ValueTask<ReaderLease> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new ReaderLease(store));

    public override ValueTask<StoreOverview> GetOverviewAsync(CancellationToken cancellationToken)
    {
        LocalStoreStatistics s = store.Statistics;
        (TimeSpan? p50, TimeSpan? p99) = flushes.Percentiles();
        return ValueTask.FromResult(new StoreOverview
        {
            Time = time.GetUtcNow(),
            Streams = s.Streams,
            OpenStreams = s.OpenStreams,
            LastLsn = s.Published.Value,
            DurableLsn = s.Durable.Value,
            Frames = s.AppendedFrames,
            Bytes = s.AppendedBytes,
            Batches = s.Batches,
            Flushes = s.Flushes,
            PendingBytes = s.PendingBytes,
            WaitingAppends = s.WaitingAppends,
            FlushP50 = p50,
            FlushP99 = p99,
            Segments = s.Segments,
            LogBytes = s.LogBytes,
            FileBytes = s.FileBytes,
            QuotaBytes = s.QuotaBytes,
            CompactedSegments = s.CompactedSegments,
            Opening = new OpeningView(store.Recovery.Elapsed, store.Recovery.Frames, store.Recovery.Streams, store.Recovery.CleanClose, store.Recovery.Torn?.Bytes ?? 0),
            Warnings = StoreWarnings.Of(s),
            Failure = s.Failure?.Message,
        });
    }

    public override ValueTask<StreamPage> ListAsync(StreamQuery query, CancellationToken cancellationToken) => Streams.ListAsync(query, cancellationToken);

    public override Func<LogStreamId, StreamMarks> MarksNow() => id => store.Parts.Streams.IsOpen(id) ? StreamMarks.Open : StreamMarks.None;

    public override async ValueTask<SegmentMap> GetSegmentsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<SegmentInfo> segments = await Task.Run(_inspector.Segments, cancellationToken).ConfigureAwait(false);
        uint? archived = store.Options.Archive is null ? null : store.Parts.Archiver.Through;
        return new SegmentMap([.. segments.Select((s, i) => Rows.Of(s, i == segments.Count - 1, archived))], store.Statistics.CompactedSegments);
    }

    public override async IAsyncEnumerable<FeedSlice> FollowAsync(Func<LogRecord, RecordRow?> row, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        FeedReader reader = store.Feed(new Lsn(Math.Max(0, store.Statistics.Durable.Value - FeedPace.FirstRecords)));
        while (!cancellationToken.IsCancellationRequested)
        {
            yield return await Task.Run(() => FeedSlices.Next(reader, store.Statistics.Durable, row), cancellationToken).ConfigureAwait(false);
            await Task.Delay(FeedPace.Period, time, cancellationToken).ConfigureAwait(false);
        }
    }

    public override IAsyncEnumerable<VerifyState> VerifyAsync(CancellationToken cancellationToken) => FileVerification.RunAsync(store.Options.Directory, cancellationToken);
}
