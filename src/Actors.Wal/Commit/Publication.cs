using Actors.Wal.Segments;
using Actors.Wal.Storage;
using Actors.Wal.Streams;

namespace Actors.Wal.Commit;

/// <summary>What has been acknowledged: the streams' published views, the last LSN, and a signal for whoever follows the log.</summary>
internal sealed class Publication(IStorage storage, Lsn lastLsn, long streams)
{
    private readonly object _gate = new();
    private Lsn _published = lastLsn;
    private Lsn _dropped = lastLsn;
    private long _streams = streams;
    private TaskCompletionSource? _followers;

    public IStorage Storage { get; } = storage;

    public Lsn Published
    {
        get
        {
            lock (_gate)
                return _published;
        }
    }

    /// <summary>
    /// The last record at which a stream dropped some of its history, or later: nothing behind it is dead. What was dropped
    /// before the store was opened counts as dropped at its opening.
    /// </summary>
    public Lsn Dropped
    {
        get
        {
            lock (_gate)
                return _dropped;
        }
    }

    /// <summary>Streams that exist.</summary>
    public long Streams
    {
        get
        {
            lock (_gate)
                return _streams;
        }
    }

    public void Publish(CommitGroup group, Lsn written, SegmentSet segments)
    {
        TaskCompletionSource? followers = null;
        lock (_gate)
        {
            if (group.Batch is { } batch)
            {
                Segment segment = segments.Find(batch.Location!.Value.Segment)!;
                segment.LengthBytes = batch.Location.Value.OffsetBytes + batch.LengthBytes;
                _published = written;
                followers = _followers;
                _followers = null;
            }

            List<AppendRequest> requests = group.Requests;
            for (int i = 0; i < requests.Count; i++)
                Publish(requests[i]);
        }

        followers?.TrySetResult();
    }

    public StreamView ViewOf(StreamState stream)
    {
        lock (_gate)
            return stream.Published;
    }

    /// <summary>A task that ends when there is something after <paramref name="seen"/>, or with <see cref="Close"/>.</summary>
    public Task WaitAfter(Lsn seen)
    {
        lock (_gate)
        {
            if (_published > seen)
                return Task.CompletedTask;
            _followers ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _followers.Task;
        }
    }

    /// <summary>Lets followers look again and find the store closed.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _followers?.TrySetResult();
            _followers = null;
        }
    }

    private void Publish(AppendRequest request)
    {
        if (request.Parts is { } parts)
        {
            foreach (AtomicPart part in parts)
                Publish(part.Stream, part.View);
        }
        else if (request.Kind != AppendKind.Barrier)
        {
            Publish(request.Stream!, request.View);
        }
    }

    private void Publish(StreamState stream, in StreamView view)
    {
        if (stream.Published.HeadLocation is null && view.HeadLocation is not null)
            _streams++;
        if (view is { Deleted: true, HeadLocation: not null })
            _streams--;
        if (view.Dropped != stream.Published.Dropped || view.Deleted)
            _dropped = _published;
        stream.Published = view;
    }
}
