namespace Actors.Wal.Salvage;

/// <summary>
/// What the new store gets of one stream: the newest events without a gap that its state can be built on. They begin with
/// the first event, or with a checkpoint that stands for those before; without either they are given up for those before.
/// </summary>
internal sealed class StreamChoice
{
    private readonly StreamLife _life;

    private StreamChoice(StreamLife life) => _life = life;

    /// <summary>The events; with <c>To</c> right before <c>From</c> for a checkpoint alone, null when nothing can be kept.</summary>
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

    /// <summary>Whether a frame of the stream is to be in the new store.</summary>
    public bool Keeps(in FoundFrame frame)
    {
        if (Kept is not { } kept || frame.Lsn < _life.FirstLsn)
            return false;
        return (frame.IsEvent && frame.Sequence >= kept.From && frame.Sequence <= kept.To)
            || (frame.IsCheckpoint && frame.Sequence.Next >= kept.From && frame.Sequence <= kept.To);
    }

    /// <summary>What the stream has lost; null when that is nothing.</summary>
    /// <param name="name">The stream.</param>
    /// <param name="unexplained">The last record that may have been one of this stream.</param>
    /// <param name="isEndUnknown">Whether later ones may be missing.</param>
    public StreamLoss? Loss(StreamId name, Lsn unexplained, bool isEndUnknown)
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

    /// <summary>The runs of events, and the checkpoints apart from them, the newest one first.</summary>
    private IEnumerable<SequenceRange> Candidates()
    {
        IEnumerable<SequenceRange> alone = _life.Checkpoints.Distinct()
            .Where(c => !_life.Runs.Any(r => c.Next >= r.From && c <= r.To))
            .Select(c => new SequenceRange(c.Next, c));
        return _life.Runs.Select(r => new SequenceRange(r.From, r.To)).Concat(alone).OrderByDescending(r => r.To);
    }

    /// <summary>The first event that can be kept of a run; null when there is nothing to build its events on.</summary>
    private Sequence? FirstOf(SequenceRange run)
    {
        // What was truncated is kept only if nothing else is left to build on.
        Sequence wanted = _life.First < run.From ? run.From : _life.First > run.To.Next ? run.To.Next : _life.First;
        if (wanted.Value == 1 || _life.Checkpoints.Any(c => c.Next >= wanted && c <= run.To))
            return wanted;
        if (run.From.Value == 1)
            return run.From;
        return _life.Checkpoints.Where(c => c.Next >= run.From && c < wanted).Select(c => (Sequence?)c.Next).LastOrDefault();
    }
}
