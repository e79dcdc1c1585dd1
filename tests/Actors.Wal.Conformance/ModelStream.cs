namespace Actors.Wal.Conformance;

/// <summary>The expected content of a stream, in memory.</summary>
/// <param name="keepCheckpoints">How many checkpoints its retention keeps; 0 for all.</param>
internal sealed class ModelStream(int keepCheckpoints)
{
    private readonly List<(LogRecordKind Kind, string Text)> _events = [];

    // Checkpoints and state records, in the order in which they were taken.
    private readonly List<(LogRecordKind Kind, long At, string Text)> _checkpoints = [];

    public long Head => _events.Count;

    public long First { get; private set; } = 1;

    public long? Checkpoint => _checkpoints.Count > 0 ? _checkpoints[^1].At : null;

    public StreamInfo Info(string name) => new(new LogStreamId(name), new Sequence(Head), new Sequence(First), Checkpoint is { } at ? new Sequence(at) : null);

    public void Append(IReadOnlyList<EventData> events)
    {
        foreach (EventData data in events)
            _events.Add((LogRecordKind.Event, TextOf(data)));
    }

    public void AppendState(EventData state)
    {
        _events.Add((LogRecordKind.State, TextOf(state)));
        _checkpoints.Add((LogRecordKind.State, Head, TextOf(state)));
        // A state record replaces the events before it, and is an event itself.
        Retain(keepCheckpoints == 1 ? Head : null);
    }

    public void TakeCheckpoint(long at, EventData state)
    {
        _checkpoints.Add((LogRecordKind.Checkpoint, at, TextOf(state)));
        Retain(keepCheckpoints == 1 ? at + 1 : null);
    }

    public void Truncate(long before) => First = Math.Max(First, before);

    public List<string> Replay() => _checkpoints.Count > 0 ? [Line(_checkpoints[^1]), .. Ascending(_checkpoints[^1].At + 1, Head)] : Ascending(1, Head);

    /// <summary>Returns a range of events, in descending order when <c>from</c> is greater than <c>to</c>.</summary>
    public List<string> Read(long from, long to)
    {
        List<string> lines = Ascending(Math.Min(from, to), Math.Max(from, to));
        if (from > to)
            lines.Reverse();
        return lines;
    }

    /// <summary>Returns all record lists that give the state as of an event; a store chooses one. Empty if the history is truncated.</summary>
    public List<List<string>> StatesOf(long sequence)
    {
        sequence = Math.Min(sequence, Head);
        if (sequence == 0)
            return [[]];
        List<List<string>> states = [.. _checkpoints
            .Where(c => c.At <= sequence && c.At + 1 >= First)
            .Select(c => (List<string>)[Line(c), .. Ascending(c.At + 1, sequence)])];
        if (First == 1)
            states.Add(Ascending(1, sequence));
        return states;
    }

    /// <summary>
    /// Returns whether a store must be able to give the state as of an event. The checkpoint right before the first event may be dropped
    /// if that event is a state record, which needs no earlier state.
    /// </summary>
    public bool MustKnow(long sequence)
        => StatesOf(sequence).Count > 0 && !(sequence > 0 && sequence < First && First <= Head && _events[(int)First - 1].Kind == LogRecordKind.State);

    private List<string> Ascending(long from, long to)
    {
        var lines = new List<string>();
        for (long sequence = Math.Max(First, from); sequence <= Math.Min(Head, to); sequence++)
            lines.Add($"{_events[(int)sequence - 1].Kind} {sequence} {_events[(int)sequence - 1].Text}");
        return lines;
    }

    /// <summary>Drops the events that the oldest kept checkpoint covers.</summary>
    private void Retain(long? from)
    {
        if (keepCheckpoints > 1 && _checkpoints.Count >= keepCheckpoints)
            from = _checkpoints[^keepCheckpoints].At + 1;
        First = Math.Max(First, from ?? 1);
    }

    private static string Line((LogRecordKind Kind, long At, string Text) checkpoint) => $"{checkpoint.Kind} {checkpoint.At} {checkpoint.Text}";

    private static string TextOf(EventData data) => System.Text.Encoding.UTF8.GetString(data.Payload.Span);
}
