namespace Actors.Wal.Salvage;

/// <summary>
/// Chooses what the new store gets of a stream: the newest events without a gap that begin with the stream's first event, or behind
/// a checkpoint that replaces the events before. Newer events that begin with neither are given up.
/// </summary>
internal sealed class StreamChoice
{
    private readonly StreamLife _life;

    private StreamChoice(StreamLife life) => _life = life;

    /// <summary>The kept events; <c>To</c> is right before <c>From</c> for a checkpoint alone, null when nothing can be kept.</summary>
    public SequenceRange? Kept { get; private set; }

    public static StreamChoice Of(StreamLife life)
    {
        var choice = new StreamChoice(life);
        foreach (SequenceRange run in choice.Candidates())
        {
            if (choice.FirstOf(run) is { } first)
            {
                choice.Kept = run with { From = first };
                break;
            }
        }

        return choice;
    }

    /// <summary>Whether a frame of the stream goes to the new store.</summary>
    public bool Keeps(in FoundFrame frame)
    {
        if (Kept is not { } kept || frame.Lsn < _life.FirstLsn)
            return false;
        return (frame.IsEvent && frame.Sequence >= kept.From && frame.Sequence <= kept.To)
            || (frame.IsCheckpoint && frame.Sequence.Next >= kept.From && frame.Sequence <= kept.To);
    }

    /// <summary>Returns what the stream has lost; null when that is nothing.</summary>
    /// <param name="name">The stream.</param>
    /// <param name="unexplained">The last lost record that may have been of this stream.</param>
    /// <param name="isEndUnknown">Whether later records may be missing.</param>
    public StreamLoss? Loss(LogStreamId name, Lsn unexplained, bool isEndUnknown)
    {
        if (!_life.Exists)
            return null;
        IReadOnlyList<SequenceRange> lost = Kept is { } kept
            ? [.. Ranges(_life.Wanted, Before(kept.From)), .. Ranges(kept.To.Next, _life.Head)]
            : [.. Ranges(_life.Wanted, _life.Head)];
        bool mayHaveMore = isEndUnknown || unexplained > _life.SureLsn;
        StreamOutcome outcome = Kept is not { } range ? StreamOutcome.Lost
            : range.To < _life.Head ? StreamOutcome.Older
            : mayHaveMore ? StreamOutcome.MayBeOlder
            : StreamOutcome.Complete;
        return lost.Count == 0 && outcome == StreamOutcome.Complete
            ? null
            : new StreamLoss(name, outcome, Kept, lost, [.. _life.Runs.SelectMany(r => GivenUp(r, lost))]);
    }

    private static IEnumerable<GivenUpEvents> GivenUp(EventRun run, IReadOnlyList<SequenceRange> lost)
        => lost.Any(l => run.From >= l.From && run.To <= l.To)
            ? [new GivenUpEvents(new SequenceRange(run.From, run.To), run.FirstLsn, run.LastLsn)]
            : [];

    private static IEnumerable<SequenceRange> Ranges(Sequence from, Sequence to) => from <= to ? [new SequenceRange(from, to)] : [];

    private static Sequence Before(Sequence sequence) => new(sequence.Value - 1);

    /// <summary>Returns the runs of events, and the checkpoints outside of them, the newest first.</summary>
    private IEnumerable<SequenceRange> Candidates()
    {
        IEnumerable<SequenceRange> alone = _life.Checkpoints.Distinct()
            .Where(c => !_life.Runs.Any(r => c.Next >= r.From && c <= r.To))
            .Select(c => new SequenceRange(c.Next, c));
        return _life.Runs.Select(r => new SequenceRange(r.From, r.To)).Concat(alone).OrderByDescending(r => r.To);
    }

    /// <summary>Returns the first event of a run that can be kept; null when there is nothing to build its events on.</summary>
    private Sequence? FirstOf(SequenceRange run)
    {
        // Truncated events are kept only if there is nothing else to build on.
        Sequence wanted = _life.First < run.From ? run.From : _life.First > run.To.Next ? run.To.Next : _life.First;
        if (wanted.Value == 1 || _life.Checkpoints.Any(c => c.Next >= wanted && c <= run.To))
            return wanted;
        if (run.From.Value == 1)
            return run.From;
        return _life.Checkpoints.Where(c => c.Next >= run.From && c < wanted).Select(c => (Sequence?)c.Next).LastOrDefault();
    }
}
