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

    private readonly Lock _gate = new();
    private StreamTail _tail = tail;
    private string? _lost;

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

    /// <summary>What is known of the row that the tail names; for who commits. Nothing before the first append.</summary>
    public Sighting? Seen { get; private set; }

    public void Advance(StreamTail tail, Sighting? seen)
    {
        lock (_gate)
        {
            _tail = tail;
            Seen = seen;
        }
    }

    public void Lose(string reason)
    {
        lock (_gate)
            _lost ??= reason;
    }
}
