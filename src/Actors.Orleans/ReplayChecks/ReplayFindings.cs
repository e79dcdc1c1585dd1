using Actors.Wal;

namespace Actors.Orleans.ReplayChecks;

/// <summary>What a check has found so far.</summary>
/// <param name="skipped">The events that operators have told to pass over.</param>
internal sealed class ReplayFindings(IReadOnlyList<SkippedEvent> skipped)
{
    private readonly HashSet<(StreamId, Sequence)> _skipped = [.. skipped.Select(s => (s.Stream, s.Sequence))];
    private readonly List<ReplayProblem> _problems = [];
    private readonly SortedDictionary<string, long> _notChecked = new(StringComparer.Ordinal);

    public long Streams { get; set; }

    public long Events { get; set; }

    public long States { get; set; }

    public bool IsSkipped(in LogRecord record) => _skipped.Contains((record.Stream, record.Sequence));

    public void Add(StreamId stream, Sequence version, ReplayProblemKind kind, Exception error)
        => Add(stream, version, kind, (error.InnerException ?? error).Message);

    public void Add(StreamId stream, Sequence version, ReplayProblemKind kind, string reason)
        => _problems.Add(new ReplayProblem(stream.Value, version.Value, kind, reason));

    public void NotChecked(string kind) => _notChecked[kind] = _notChecked.GetValueOrDefault(kind) + 1;

    public ReplayReport ToReport() => new()
    {
        Streams = Streams,
        Events = Events,
        States = States,
        Problems = [.. _problems],
        NotChecked = new SortedDictionary<string, long>(_notChecked, StringComparer.Ordinal),
    };
}
