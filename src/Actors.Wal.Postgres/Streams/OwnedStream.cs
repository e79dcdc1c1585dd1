using Actors.Wal.Postgres.Commit;

namespace Actors.Wal.Postgres.Streams;

/// <summary>A stream as this owner knows it: it advances with what the committer has acknowledged.</summary>
/// <param name="id">The stream's number in the tables.</param>
/// <param name="name">Its name.</param>
/// <param name="epoch">This owner's epoch.</param>
/// <param name="tail">Where the stream stood when it was opened.</param>
internal sealed class OwnedStream(long id, StreamId name, int epoch, StreamTail tail)
{
    /// <summary>Why nobody appends to a stream that its owner has deleted.</summary>
    public const string DeletedReason = "the stream was deleted.";

    /// <summary>Why nobody appends to a stream that another one has opened since.</summary>
    public const string OvertakenReason = "somebody else opened the stream and owns it.";

    private readonly Lock _gate = new();
    private StreamTail _tail = tail;
    private RowKey? _fence = tail.Last;
    private string? _lost;
    private bool _isOver;
    private CancellationTokenSource? _whenLost;

    public long Id => id;

    public StreamId Name => name;

    public int Epoch => epoch;

    /// <summary>Its rows that are gathered or being committed; for who gathers and commits.</summary>
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

    /// <summary>Cancelled when the stream is lost to somebody else.</summary>
    public CancellationToken WhenLost
    {
        get
        {
            lock (_gate)
                return _isOver ? CancellationToken.None : _lost is not null ? new CancellationToken(canceled: true) : (_whenLost ??= new CancellationTokenSource()).Token;
        }
    }

    /// <summary>What is known of the row that the tail names; for who commits. Nothing before the first append.</summary>
    public Sighting? Seen { get; private set; }

    /// <summary>This owner's fence, which is needed no longer; null if it was given before.</summary>
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

    /// <summary>This owner may not append any more: the stream is another one's.</summary>
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

        // Elsewhere: whoever finds out has others to tell.
        _ = whenLost?.CancelAsync();
    }

    /// <summary>This owner may not append any more, and nobody else is the reason: it has closed or deleted the stream, or does not know what it has appended.</summary>
    public void End(string reason)
    {
        lock (_gate)
        {
            _lost ??= reason;
            _isOver = true;
        }
    }
}
