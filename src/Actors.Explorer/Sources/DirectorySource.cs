using System.Runtime.CompilerServices;
using Actors.Explorer.Stores;
using Actors.Wal;
using Actors.Wal.Inspection;

namespace Actors.Explorer.Sources;

/// <summary>
/// A directory or a backup, read only, beside an owner too. Each look shows the log as of a moment ago: the files are opened again once
/// they have changed.
/// </summary>
internal sealed class DirectorySource : StoreSource
{
    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly SharedSnapshots _snapshots;
    private readonly SearchedStreams _streams;

    public DirectorySource(string directory, TimeProvider time)
    {
        _directory = directory;
        _time = time;
        _snapshots = new SharedSnapshots(directory, time);
        _streams = new SearchedStreams(UseStreamsAsync, time);
    }

    public override string Place => _directory;

    public override bool IsLive => false;

    public override bool HasSegments => true;

    public override async ValueTask<ReaderLease> ReadAsync(CancellationToken cancellationToken)
    {
        SharedSnapshots.Snapshot snapshot = await _snapshots.UseAsync(cancellationToken).ConfigureAwait(false);
        return new ReaderLease(snapshot.Reader, snapshot.Release);
    }

    public override async ValueTask<StoreOverview> GetOverviewAsync(CancellationToken cancellationToken)
    {
        SharedSnapshots.Snapshot snapshot = await _snapshots.UseAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ReadOnlyLog log = snapshot.Log;
            return new StoreOverview
            {
                Time = snapshot.Time,
                Streams = log.Streams,
                LastLsn = log.LastLsn.Value,
                Segments = log.Segments.Count,
                LogBytes = log.Segments.Sum(s => s.LengthBytes),
                FileBytes = Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f) is { Exists: true } file ? file.Length : 0),
            };
        }
        finally
        {
            snapshot.Release();
        }
    }

    public override ValueTask<StreamPage> ListAsync(StreamQuery query, CancellationToken cancellationToken) => _streams.ListAsync(query, cancellationToken);

    public override async ValueTask<SegmentMap> GetSegmentsAsync(CancellationToken cancellationToken)
    {
        SharedSnapshots.Snapshot snapshot = await _snapshots.UseAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            IReadOnlyList<SegmentInfo> segments = await Task.Run(snapshot.Inspector.Segments, cancellationToken).ConfigureAwait(false);
            return new SegmentMap([.. segments.Select((s, i) => Rows.Of(s, i == segments.Count - 1 && !snapshot.Log.IsClosed, null))]);
        }
        finally
        {
            snapshot.Release();
        }
    }

    public override async IAsyncEnumerable<FeedSlice> FollowAsync(Func<LogRecord, RecordRow?> row, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Lsn? seen = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            SharedSnapshots.Snapshot snapshot = await _snapshots.UseAsync(cancellationToken).ConfigureAwait(false);
            FeedSlice slice;
            try
            {
                Lsn last = snapshot.Log.LastLsn;
                seen ??= new Lsn(Math.Max(0, last.Value - FeedPace.FirstRecords));
                slice = await Task.Run(() => FeedSlices.Next(snapshot.Log.Feed(seen.Value), last, row), cancellationToken).ConfigureAwait(false);
                seen = last;
            }
            finally
            {
                snapshot.Release();
            }

            yield return slice;
            await Task.Delay(FeedPace.Period, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    public override IAsyncEnumerable<VerifyState> VerifyAsync(CancellationToken cancellationToken) => FileVerification.RunAsync(_directory, cancellationToken);

    protected override void Close() => _snapshots.Dispose();

    private async ValueTask<ListedStreams> UseStreamsAsync(CancellationToken cancellationToken)
    {
        SharedSnapshots.Snapshot snapshot = await _snapshots.UseAsync(cancellationToken).ConfigureAwait(false);
        return new ListedStreams(snapshot.Inspector.Newest, id => snapshot.Reader.FindAsync(id), snapshot.Log.Streams, snapshot.Release);
    }
}
