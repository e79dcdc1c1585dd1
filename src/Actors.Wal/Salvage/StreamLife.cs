namespace Actors.Wal.Salvage;

/// <summary>
/// What was found of a stream since it was last created, in the order of the log, and the gaps in it. A deletion ends a
/// life; where it was lost, a frame that can't follow from those before tells of it.
/// </summary>
internal sealed class StreamLife
{
    private readonly List<EventRun> _runs = [];
    private readonly List<Sequence> _checkpoints = [];
    private Lsn _after;
    private Lsn _lastEvent;
    private FoundFrame _last;
    private bool _hasAnchor;

    /// <summary>Whether anything was found of it; nothing was when the stream was deleted.</summary>
    public bool Exists { get; private set; }

    /// <summary>Events that follow each other without a gap, in order.</summary>
    public IReadOnlyList<EventRun> Runs => _runs;

    /// <summary>The sequences of the checkpoints and states, in order.</summary>
    public IReadOnlyList<Sequence> Checkpoints => _checkpoints;

    public Lsn FirstLsn { get; private set; }

    /// <summary>The last record up to which nothing can be missing behind <see cref="Head"/>: an event, or one that names it as the one before.</summary>
    public Lsn SureLsn { get; private set; }

    /// <summary>The first event that the stream keeps, as its newest checkpoint, state or truncation says.</summary>
    public Sequence First { get; private set; } = new(1);

    /// <summary>The last event that is known to have been there.</summary>
    public Sequence Head { get; private set; }

    /// <summary>The first event that should be there.</summary>
    public Sequence Wanted { get; private set; }

    /// <summary>Reads a stream's frames.</summary>
    /// <param name="frames">In the order of the log.</param>
    /// <param name="lost">What is missing; the gaps of this stream are taken note of.</param>
    public static StreamLife Of(IEnumerable<FoundFrame> frames, LostRecords lost)
    {
        var life = new StreamLife();
        foreach (FoundFrame frame in frames)
        {
            if (frame.Kind == LogRecordKind.Deletion)
                life.Begin(frame.Lsn);
            else
                life.Add(frame, lost);
        }

        return life;
    }

    private void Begin(Lsn after)
    {
        _runs.Clear();
        _checkpoints.Clear();
        _after = _lastEvent = SureLsn = after;
        _hasAnchor = false;
        Exists = false;
        First = new Sequence(1);
        Head = Wanted = Sequence.Zero;
    }

    private void Add(in FoundFrame frame, LostRecords lost)
    {
        if (Exists && BeginsAnew(frame))
            Begin(_last.Lsn);
        if (!Exists)
            BeginWith(frame, lost);

        Sequence sequence = frame.Sequence;
        Sequence before = LastBefore(frame);
        if (before > Head)
            lost.Explain(_lastEvent, frame.Lsn, before.Value - Head.Value);
        Head = Max(Head, frame.IsEvent ? sequence : before);

        if (frame.IsEvent)
        {
            if (_runs is [.., var run] && run.To.Next == sequence)
                _runs[^1] = run with { To = sequence, LastLsn = frame.Lsn };
            else
                _runs.Add(new EventRun(sequence, sequence, frame.Lsn, frame.Lsn));
            _lastEvent = frame.Lsn;
        }

        if (frame.IsCheckpoint)
            _checkpoints.Add(sequence);
        if (frame.Kind != LogRecordKind.Event)
            _hasAnchor = true;
        First = Max(First, frame.First);
        Wanted = Max(Wanted, First);
        // A checkpoint may be behind the head: by itself it does not tell what the last event is.
        if (frame.IsEvent || (frame.Previous == _last.Location && SureLsn == _last.Lsn))
            SureLsn = frame.Lsn;
        _last = frame;
    }

    /// <summary>Whether a frame can't be of the life so far.</summary>
    private bool BeginsAnew(in FoundFrame frame)
        => frame.Previous is null
            || (_hasAnchor && !frame.HasAnchor)
            || (frame.IsEvent && _runs is [.., var run] && frame.Sequence <= run.To)
            || (frame.IsCheckpoint && _checkpoints is [.., var checkpoint] && frame.Sequence < checkpoint);

    private void BeginWith(in FoundFrame frame, LostRecords lost)
    {
        Exists = true;
        FirstLsn = frame.Lsn;
        Head = LastBefore(frame);
        // Where nothing is missing before, earlier events were dropped, or were never there.
        bool isWhole = frame.Previous is null || !lost.Any(_after, frame.Lsn);
        Wanted = isWhole ? Head.Next : new Sequence(1);
    }

    /// <summary>The last event that was there before a frame at least.</summary>
    private static Sequence LastBefore(in FoundFrame frame)
        => frame.Kind == LogRecordKind.Checkpoint ? frame.Sequence : new Sequence(frame.Sequence.Value - 1);

    private static Sequence Max(Sequence left, Sequence right) => left > right ? left : right;
}

/// <summary>Events that follow each other without a gap.</summary>
internal readonly record struct EventRun(Sequence From, Sequence To, Lsn FirstLsn, Lsn LastLsn);
