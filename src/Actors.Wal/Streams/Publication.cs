namespace Actors.Wal.Streams;

/// <summary>Publishes what is acknowledged and durable: the streams' views and the last LSNs, with a signal for the followers.</summary>
internal sealed class Publication(Lsn lastLsn, long streams)
{
    private readonly object _gate = new();
    private Lsn _published = lastLsn;
    private Lsn _durable = lastLsn;
    private Lsn _dropped = lastLsn;
    private long _streams = streams;
    private TaskCompletionSource? _followers;
    private bool _closed;

    public Lsn Published
    {
        get
        {
            lock (_gate)
                return _published;
        }
    }

    /// <summary>The end of the log.</summary>
    public LogEnd End
    {
        get
        {
            lock (_gate)
                return new LogEnd(_published, _durable);
        }
    }

    /// <summary>
    /// The last record at which a stream dropped history, or a later one: no record after it is dead. History that was dropped
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

    /// <summary>Publishes appends that are acknowledged, and the end of the log with them.</summary>
    /// <param name="end">The end of the log.</param>
    /// <param name="appends">The appends, in the order of the log.</param>
    public void Publish<TAppend>(LogEnd end, List<TAppend> appends)
        where TAppend : class, IAcknowledgedAppend
    {
        TaskCompletionSource? followers;
        lock (_gate)
        {
            _published = end.Published;
            _durable = end.Durable;
            followers = TakeFollowers();
            for (int i = 0; i < appends.Count; i++)
                appends[i].PublishViews(this);
        }

        followers?.TrySetResult();
    }

    /// <summary>Publishes the last durable record.</summary>
    public void PublishDurable(Lsn durable)
    {
        TaskCompletionSource? followers;
        lock (_gate)
        {
            _durable = durable;
            followers = TakeFollowers();
        }

        followers?.TrySetResult();
    }

    public StreamView ViewOf(StreamState stream)
    {
        lock (_gate)
            return stream.Published;
    }

    /// <summary>Returns a task that completes when the log's end differs from a known one, or with <see cref="Close"/>.</summary>
    public Task WaitForChange(LogEnd known)
    {
        lock (_gate)
        {
            if (_closed || new LogEnd(_published, _durable) != known)
                return Task.CompletedTask;
            _followers ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _followers.Task;
        }
    }

    /// <summary>Wakes the followers, which then find the store closed.</summary>
    public void Close()
    {
        TaskCompletionSource? followers;
        lock (_gate)
        {
            _closed = true;
            followers = TakeFollowers();
        }

        followers?.TrySetResult();
    }

    private TaskCompletionSource? TakeFollowers()
    {
        TaskCompletionSource? followers = _followers;
        _followers = null;
        return followers;
    }

    /// <summary>Publishes what a stream is after an append. Called by <see cref="IAcknowledgedAppend.PublishViews"/> only.</summary>
    public void Publish(StreamState stream, in StreamView view)
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

/// <summary>An append whose frames are acknowledged.</summary>
internal interface IAcknowledgedAppend
{
    /// <summary>Publishes the views of the streams that it changed.</summary>
    void PublishViews(Publication publication);
}

/// <summary>The end of a log.</summary>
/// <param name="Published">The last record that was acknowledged.</param>
/// <param name="Durable">The last record that is known to be durable.</param>
internal readonly record struct LogEnd(Lsn Published, Lsn Durable);
