using Actors.Wal.Postgres.Commit;

namespace Actors.Wal.Postgres.Streams;

/// <summary>A stream as this owner knows it. Its tail advances with each commit.</summary>
/// <param name="id">The stream's number in the tables.</param>
/// <param name="name">Its name.</param>
/// <param name="epoch">This owner's epoch.</param>
/// <param name="tail">The stream's tail when it was opened.</param>
internal sealed class OwnedStream(long id, LogStreamId name, int epoch, StreamTail tail)
{
    /// <summary>The reason why the owner of a deleted stream can no longer append.</summary>
    public const string DeletedReason = "the stream was deleted.";

    /// <summary>The reason why a former owner can no longer append.</summary>
    public const string OvertakenReason = "another owner opened the stream.";

    private readonly Lock _gate = new();
    private StreamTail _tail = tail;
    private RowKey? _fence = tail.Last;
    private string? _lost;
    private bool _isOver;
    private CancellationTokenSource? _whenLost;

    public long Id => id;

    public LogStreamId Name => name;

    public int Epoch => epoch;

    /// <summary>The rows that are gathered or being committed. Only the committers use this.</summary>
    public StreamBatch? UnderWay { get; set; }

    public StreamTail Tail
    {
        get
        {
            lock (_gate)
                return _tail;
        }
    }

    /// <summary>Why this owner may not append any more; null while it may.</summary>
    public string? Lost
    {
        get
        {
            lock (_gate)
                return _lost;
        }
    }

    /// <summary>Cancelled when another owner takes the stream over.</summary>
    public CancellationToken WhenLost
    {
        get
        {
            lock (_gate)
                return _isOver ? CancellationToken.None : _lost is not null ? new CancellationToken(canceled: true) : (_whenLost ??= new CancellationTokenSource()).Token;
        }
    }

    /// <summary>The sighting of the last row; null before the first append. Only the committers use this.</summary>
    public Sighting? Seen { get; private set; }

    /// <summary>Returns this owner's fence, which is no longer needed; null if it was taken before.</summary>
    public RowKey? TakeFence()
    {
        lock (_gate)
        {
            RowKey? fence = _fence;
            _fence = null;
            return fence;
        }
    }

    public void Advance(StreamTail tail, Sighting? seen)
    {
        lock (_gate)
        {
            _tail = tail;
            Seen = seen;
        }
    }

    /// <summary>Ends this owner's right to append, because another owner has the stream or its rows are gone.</summary>
    public void Lose(string reason)
    {
        CancellationTokenSource? whenLost;
        lock (_gate)
        {
            if (_lost is not null)
                return;
            _lost = reason;
            whenLost = _whenLost;
        }

        // The callbacks run on another thread, because the caller may have further streams to mark.
        _ = whenLost?.CancelAsync();
    }

    /// <summary>Ends this owner's right to append without another owner: it has closed or deleted the stream, or an append is in doubt.</summary>
    public void End(string reason)
    {
        lock (_gate)
        {
            _lost ??= reason;
            _isOver = true;
        }
    }
}
