using System.Globalization;
using System.Text;

namespace Actors.Reliability.Contention;

/// <summary>Collects the outcomes that the contenders report, and checks them against the log.</summary>
internal sealed class ContentionLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Dictionary<long, string>> _acknowledged = [];
    private readonly HashSet<string> _refused = [];
    private readonly OwnershipClaims _claims = new();
    private readonly List<string> _violations = [];

    public long Acknowledged { get; private set; }

    public long Refused => _refused.Count;

    public long Doubtful { get; private set; }

    public long Opened { get; private set; }

    /// <summary>The number of confirmed ownerships.</summary>
    public long Confirmed => _claims.Confirmed;

    public IReadOnlyList<string> Violations => _violations;

    public void Acknowledge(int stream, long sequence, string id, long at)
    {
        lock (_gate)
        {
            Acknowledged++;
            _claims.Acknowledge(stream, sequence, at);
            if (!_acknowledged.TryGetValue(stream, out Dictionary<long, string>? events))
                _acknowledged.Add(stream, events = []);
            if (!events.TryAdd(sequence, id))
                _violations.Add($"Event {sequence} of stream {stream} was acknowledged twice: as {events[sequence]} and as {id}.");
        }
    }

    public void Confirm(int stream, long head, long asked)
    {
        lock (_gate)
            _claims.Confirm(stream, head, asked);
    }

    public void Refuse(string id)
    {
        lock (_gate)
            _refused.Add(id);
    }

    public void Doubt()
    {
        lock (_gate)
            Doubtful++;
    }

    public void Open()
    {
        lock (_gate)
            Opened++;
    }

    public void Break(string what)
    {
        lock (_gate)
            _violations.Add(what);
    }

    /// <summary>Compares the log with the reported outcomes.</summary>
    public async Task CheckAsync(ILogReader reader, int streams)
    {
        _violations.AddRange(_claims.Violations());
        var seen = new HashSet<string>();
        for (int stream = 0; stream < streams; stream++)
        {
            var name = new LogStreamId(string.Create(CultureInfo.InvariantCulture, $"s/{stream}"));
            if (await reader.FindAsync(name) is { } info)
                await CheckAsync(reader, stream, info, seen);
            else if (_acknowledged.ContainsKey(stream))
                _violations.Add($"Stream {stream} is gone.");
        }
    }

    private async Task CheckAsync(ILogReader reader, int stream, StreamInfo info, HashSet<string> seen)
    {
        Dictionary<long, string> acknowledged = _acknowledged.GetValueOrDefault(stream) ?? [];
        long next = info.First.Value;
        Epoch epoch = default;
        string before = "";
        await foreach (LogRecord record in reader.ReadAsync(info.Id, info.First, info.Head))
        {
            string id = Encoding.UTF8.GetString(record.Payload.Span);
            if (record.Sequence.Value != next)
                _violations.Add($"Stream {stream} has event {record.Sequence} where {next} belongs.");
            if (record.Epoch < epoch)
                _violations.Add($"Event {next} of stream {stream} has epoch {record.Epoch}, the one before {epoch}.");
            if (!seen.Add(id))
                _violations.Add($"{id} is in the log twice, again at {next} of stream {stream}.");
            if (_refused.Contains(id))
                _violations.Add($"{id} was refused, and is event {next} of stream {stream}.");
            if (acknowledged.TryGetValue(next, out string? said) && said != id)
                _violations.Add($"Event {next} of stream {stream} was acknowledged as {said} and is {id}.");
            CheckWhole(stream, next, info, before, id);
            (before, epoch, next) = (id, record.Epoch, record.Sequence.Value + 1);
        }

        if (next <= info.Head.Value)
            _violations.Add($"Stream {stream} ends before {next}; its head is {info.Head}.");
        foreach ((long sequence, string id) in acknowledged)
        {
            if (sequence > info.Head.Value)
                _violations.Add($"Event {sequence} of stream {stream}, {id}, was acknowledged and is gone.");
        }
    }

    /// <summary>Checks that the events of an append follow each other without gaps, from the first to the last.</summary>
    private void CheckWhole(int stream, long sequence, StreamInfo info, string before, string id)
    {
        bool isFirst = sequence == info.First.Value;
        if (!isFirst && !IsLast(before) && Next(before) != id)
            _violations.Add($"{before} at {sequence - 1} of stream {stream} is followed by {id}.");
        if (!isFirst && IsLast(before) && !id.Contains("/1/", StringComparison.Ordinal))
            _violations.Add($"{id} at {sequence} of stream {stream} begins in the middle, behind {before}.");
        if (sequence == info.Head.Value && !IsLast(id))
            _violations.Add($"Stream {stream} ends within an append, with {id}.");
    }

    private static bool IsLast(string id) => id.Split('/') is [_, var place, var count] && place == count;

    private static string Next(string id) => id.Split('/') is [var append, var place, var count]
        ? string.Create(CultureInfo.InvariantCulture, $"{append}/{int.Parse(place, CultureInfo.InvariantCulture) + 1}/{count}")
        : "";
}
