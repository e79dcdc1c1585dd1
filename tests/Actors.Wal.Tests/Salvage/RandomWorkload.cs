using System.Globalization;
using System.Text;

namespace Actors.Wal.Tests.Salvage;

/// <summary>A store of streams with events, states, checkpoints, truncations, deletions and compaction, at random.</summary>
internal sealed class RandomWorkload(DamagedStore store, Random random)
{
    private readonly Dictionary<string, int> _lives = [];
    private readonly List<(string Name, LogRecordKind Kind, byte[] Payload, ILogStream Stream, long Sequence)> _pending = [];

    /// <summary>Every event, state and checkpoint that was written, as <see cref="StreamDump"/> shows it.</summary>
    public HashSet<string> Written { get; } = [];

    public async Task RunAsync()
    {
        int streams = random.Next(3, 25);
        int openings = random.Next(1, 4);
        for (int i = 0; i < openings; i++)
        {
            await using var stepped = new SteppedStore(store.Options);
            await RunAsync(stepped, streams, steps: random.Next(50, 400));
        }

        store.TakeNote();
    }

    private async Task RunAsync(SteppedStore stepped, int streams, int steps)
    {
        Dictionary<string, ILogStream> open = [];
        List<Task> calls = [];
        for (int i = 0; i < steps; i++)
        {
            string name = $"s{random.Next(streams)}";
            if (!open.TryGetValue(name, out ILogStream? stream))
                open[name] = stream = await stepped.Store.OpenAsync(new LogStreamId(name), new StreamOptions { Retention = name[^1] is '3' or '7' ? Retention.Last : Retention.All });
            int action = random.Next(100);
            if (action < 80)
            {
                calls.AddRange(Append(name, stream));
                if (random.Next(3) > 0)
                    continue;
            }

            await CommitAsync(stepped, calls);
            if (action is >= 80 and < 90 && stream.Head > Sequence.Zero)
                calls.Add(Checkpoint(name, stream));
            else if (action is >= 90 and < 94 && stream.Checkpoint is { } at)
                calls.Add(stream.TruncateAsync(new Sequence(random.NextInt64(1, at.Value + 2))).AsTask());
            else if (action is 94 && stream.Head > Sequence.Zero)
                calls.Add(DeleteAsync(name, stream, open));
            else if (action is 95)
                stepped.Upkeep();
            await CommitAsync(stepped, calls);
        }

        await CommitAsync(stepped, calls);
    }

    private IEnumerable<Task> Append(string name, ILogStream stream)
    {
        bool isState = name[^1] is '3' or '7';
        long pending = _pending.Count(p => p.Name == name && p.Kind != LogRecordKind.Checkpoint);
        int count = isState ? 1 : random.Next(1, 4);
        var events = new EventData[count];
        for (int i = 0; i < count; i++)
            events[i] = Of(name, isState ? LogRecordKind.State : LogRecordKind.Event, stream, stream.Head.Value + pending + i + 1);
        yield return isState ? stream.AppendStateAsync(events[0]).AsTask() : stream.AppendAsync(events).AsTask();
    }

    private Task Checkpoint(string name, ILogStream stream)
    {
        var sequence = new Sequence(random.NextInt64(stream.Checkpoint?.Value ?? 1, stream.Head.Value + 1));
        return stream.CheckpointAsync(sequence, Of(name, LogRecordKind.Checkpoint, stream, sequence.Value)).AsTask();
    }

    private async Task DeleteAsync(string name, ILogStream stream, Dictionary<string, ILogStream> open)
    {
        open.Remove(name);
        _lives[name] = _lives.GetValueOrDefault(name) + 1;
        await stream.DeleteAsync();
    }

    private EventData Of(string name, LogRecordKind kind, ILogStream stream, long sequence)
    {
        var filler = new byte[random.Next(random.Next(10) == 0 ? 2000 : 300)];
        random.NextBytes(filler);
        byte[] payload = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name} {_lives.GetValueOrDefault(name)} {sequence} {Convert.ToHexString(filler)}"));
        _pending.Add((name, kind, payload, stream, sequence));
        return new EventData(payload, (byte)(sequence % 7));
    }

    private async Task CommitAsync(SteppedStore stepped, List<Task> calls)
    {
        stepped.StepAll();
        foreach (Task call in calls)
            await call;
        calls.Clear();
        foreach ((_, LogRecordKind kind, byte[] payload, _, long sequence) in _pending)
            Written.Add($"{kind} {sequence} {store.Time.GetUtcNow():O} {sequence % 7} {Convert.ToHexString(payload)}");
        _pending.Clear();
        store.Time.Advance(TimeSpan.FromMilliseconds(random.Next(3) * 10));
    }
}
