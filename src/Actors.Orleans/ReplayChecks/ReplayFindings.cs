using Actors.Wal;

namespace Actors.Orleans.ReplayChecks;

/// <summary>The findings of a check so far.</summary>
/// <param name="skipped">The events that operators have told replay to skip.</param>
internal sealed class ReplayFindings(IReadOnlyList<SkippedEvent> skipped)
{
    private readonly ILookup<(LogStreamId, Sequence), SkippedEvent> _skipped = skipped.ToLookup(s => (s.Stream, s.Sequence));
    private readonly List<ReplayProblem> _problems = [];
    private readonly List<ReplayRebuild> _rebuilds = [];
    private readonly SortedDictionary<string, (LogStreamId First, Sequence Head, long Streams)> _orphans = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _notChecked = new(StringComparer.Ordinal);

    public long Streams { get; set; }

    public long Events { get; set; }

    public long States { get; set; }

    public bool IsSkipped(LogRecord record) => _skipped[(record.Stream, record.Sequence)].Any(s => s.IsOf(record));

    public void Add(LogStreamId stream, Sequence version, ReplayProblemKind kind, Exception error)
        => Add(stream, version, kind, (error.InnerException ?? error).Message);

    public void Add(LogStreamId stream, Sequence version, ReplayProblemKind kind, string reason)
        => _problems.Add(new ReplayProblem(stream.Value, version.Value, kind, reason));

    /// <summary>Returns the current counts, so that a stream can be checked again.</summary>
    public (long Events, long States, int Problems) Mark() => (Events, States, _problems.Count);

    /// <summary>Drops what was found since a mark.</summary>
    public void Return((long Events, long States, int Problems) mark)
    {
        (Events, States) = (mark.Events, mark.States);
        _problems.RemoveRange(mark.Problems, _problems.Count - mark.Problems);
    }

    public void Add(ReplayRebuild rebuild) => _rebuilds.Add(rebuild);

    /// <summary>Adds a stream of a kind that no grain class has.</summary>
    public void Orphan(string kind, StreamInfo stream)
        => _orphans[kind] = _orphans.TryGetValue(kind, out (LogStreamId First, Sequence Head, long Streams) known) ? known with { Streams = known.Streams + 1 } : (stream.Id, stream.Head, 1);

    public void NotChecked(string kind) => _notChecked[kind] = _notChecked.GetValueOrDefault(kind) + 1;

    public ReplayReport ToReport(IReadOnlyList<string> namedByClass) => new()
    {
        NamedByClass = namedByClass,
        Streams = Streams,
        Events = Events,
        States = States,
        Problems =
        [
            .. _problems,
            .. _orphans.Select(o => new ReplayProblem(
                o.Value.First.Value,
                o.Value.Head.Value,
                ReplayProblemKind.NoGrainClass,
                $"No grain class of this program has the streams {o.Key}; there are {o.Value.Streams}. If a class or a log was renamed, its grains begin anew, empty: give the class [GrainType(\"…\")] with the old type, or the log its old name. If they are of no use any more, name them as retired.")),
        ],
        Rebuilds = [.. _rebuilds],
        NotChecked = new SortedDictionary<string, long>(_notChecked, StringComparer.Ordinal),
    };
}
