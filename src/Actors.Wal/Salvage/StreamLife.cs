namespace Actors.Wal.Salvage;

/// <summary>
/// The frames that were found of a stream since it was last created, in the order of the log, and the gaps in them. A deletion ends
/// a life. A lost deletion is noticed by a frame that can't follow from those before it.
/// </summary>
internal sealed class StreamLife
{
    private readonly List<EventRun> _runs = [];
    private readonly List<Sequence> _checkpoints = [];
    private readonly Lsn _after;
    private Lsn _lastEvent;
    private FoundFrame _last;
    private bool _hasAnchor;

    /// <param name="after">The end of the life before; zero for the first life.</param>
    /// <param name="last">The last frame of the life before.</param>
    private StreamLife(Lsn after, in FoundFrame last)
    {
        _after = _lastEvent = SureLsn = after;
        _last = last;
    }

    /// <summary>Whether a frame of the stream was found, and no deletion after it.</summary>
    public bool Exists { get; private set; }

    /// <summary>Events that follow each other without a gap, in order.</summary>
    public IReadOnlyList<EventRun> Runs => _runs;

    /// <summary>The sequences of the checkpoints and state records, in order.</summary>
    public IReadOnlyList<Sequence> Checkpoints => _checkpoints;

    public Lsn FirstLsn { get; private set; }

    /// <summary>The last record at which <see cref="Head"/> is certain: an event, or a record whose previous record is such a one.</summary>
    public Lsn SureLsn { get; private set; }

    /// <summary>The first event that the stream keeps, as its newest checkpoint, state record or truncation says.</summary>
    public Sequence First { get; private set; } = new(1);

    /// <summary>The last event that is known to have existed.</summary>
    public Sequence Head { get; private set; }

    /// <summary>The first event that should exist.</summary>
    public Sequence Wanted { get; private set; }

    /// <summary>Reads a stream's frames.</summary>
    /// <param name="frames">The frames in the order of the log.</param>
    /// <param name="lost">The lost records. The gaps of this stream are noted there.</param>
    public static StreamLife Of(IEnumerable<FoundFrame> frames, LostRecords lost)
    {
        var life = new StreamLife(Lsn.Zero, default);
        foreach (FoundFrame frame in frames)
        {
            if (frame.Kind == LogRecordKind.Deletion)
            {
                life = new StreamLife(frame.Lsn, life._last);
                continue;
            }

            if (life.Exists && life.IsOver(frame))
                life = new StreamLife(life._last.Lsn, life._last);
            life.Add(frame, lost);
        }

        return life;
    }

    private void Add(in FoundFrame frame, LostRecords lost)
    {
        if (!Exists)
            BeginWith(frame, lost);

        Sequence before = LastBefore(frame);
        if (before > Head)
            lost.Explain(_lastEvent, frame.Lsn, before.Value - Head.Value);
        Head = Max(Head, frame.IsEvent ? frame.Sequence : before);
        if (frame.IsEvent)
            AddEvent(frame.Sequence, frame.Lsn);
        if (frame.IsCheckpoint)
            _checkpoints.Add(frame.Sequence);
        if (frame.Kind != LogRecordKind.Event)
            _hasAnchor = true;
        First = Max(First, frame.First);
        Wanted = Max(Wanted, First);
        // A checkpoint may be older than the head, so by itself it does not tell what the last event is.
        if (frame.IsEvent || (frame.Previous == _last.Location && SureLsn == _last.Lsn))
            SureLsn = frame.Lsn;
        _last = frame;
    }

    private void AddEvent(Sequence sequence, Lsn lsn)
    {
        if (_runs is [.., var run] && run.To.Next == sequence)
            _runs[^1] = run with { To = sequence, LastLsn = lsn };
        else
            _runs.Add(new EventRun(sequence, sequence, lsn, lsn));
        _lastEvent = lsn;
    }

    /// <summary>Whether a frame can't belong to this life, because a deletion between was lost.</summary>
    private bool IsOver(in FoundFrame frame)
        => frame.Previous is null
            || (_hasAnchor && !frame.HasAnchor)
            || (frame.IsEvent && _runs is [.., var run] && frame.Sequence <= run.To)
            || (frame.IsCheckpoint && _checkpoints is [.., var checkpoint] && frame.Sequence < checkpoint);

    private void BeginWith(in FoundFrame frame, LostRecords lost)
    {
        Exists = true;
        FirstLsn = frame.Lsn;
        Head = LastBefore(frame);
        // If no record is missing before the frame, earlier events were dropped or never existed.
        bool isWhole = frame.Previous is null || !lost.Any(_after, frame.Lsn);
        Wanted = isWhole ? Head.Next : new Sequence(1);
    }

    /// <summary>Returns the last event that must have existed before a frame.</summary>
    private static Sequence LastBefore(in FoundFrame frame)
        => frame.Kind == LogRecordKind.Checkpoint ? frame.Sequence : new Sequence(frame.Sequence.Value - 1);

    private static Sequence Max(Sequence left, Sequence right) => left > right ? left : right;
}

/// <summary>Events that follow each other without a gap.</summary>
internal readonly record struct EventRun(Sequence From, Sequence To, Lsn FirstLsn, Lsn LastLsn);
