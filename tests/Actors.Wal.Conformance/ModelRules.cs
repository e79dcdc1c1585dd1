namespace Actors.Wal.Conformance;

/// <summary>Makes random calls on a store and on a model in memory. Both must agree on every result and on the content afterwards.</summary>
public abstract class ModelRules(StoreBackend backend) : StoreRules(backend)
{
    private const int Steps = 150;

    private static readonly string[] Names = ["a", "b", "c", "last", "newest"];

    private readonly Dictionary<string, ModelStream> _model = [];
    private readonly Dictionary<string, ILogStream> _owners = [];
    private readonly List<ILogStream> _former = [];
    private Random _random = new(0);
    private int _written;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task A_store_does_what_its_model_does(int seed)
    {
        _random = new Random(seed);
        SyncPolicy sync = (seed % 4) switch { 0 => SyncPolicy.Never, 1 => SyncPolicy.Every(TimeSpan.FromMilliseconds(5)), _ => SyncPolicy.Always };
        await RestartAsync(s => s with { Sync = sync });
        for (int step = 0; step < Steps; step++)
        {
            string name = Names[_random.Next(Names.Length)];
            await (_random.Next(100) switch
            {
                < 25 => AppendAsync(name, _random.Next(1, 5)),
                < 35 => BurstAsync(name),
                < 50 => StateAsync(name),
                < 65 => CheckpointAsync(name),
                < 73 => TruncateAsync(name),
                < 76 => DeleteAsync(name),
                < 84 => AtomicAsync(),
                < 92 => TakeOverAsync(name),
                < 94 => RestartAsync(),
                _ => SameAsync(name),
            });
        }

        await RestartAsync();
    }

    private async Task AppendAsync(string name, int count)
    {
        (ModelStream model, EventData[] events, Sequence? expected) = (_model[name], Write(count), Expect(name));
        async Task<AppendResult> Call() => count == 1 ? await _owners[name].AppendAsync(events[0], expected) : await _owners[name].AppendAsync(events, expected);
        if (await RefusedAsync(name, expected, Call))
            return;
        AppendResult result = await Call();
        Assert.Equal((new Sequence(model.Head + 1), new Sequence(model.Head + count)), (result.First, result.Last));
        model.Append(events);
    }

    /// <summary>Makes several appends at once.</summary>
    private async Task BurstAsync(string name)
    {
        EventData[][] appends = [.. Enumerable.Range(0, _random.Next(2, 9)).Select(_ => Write(_random.Next(1, 3)))];
        AppendResult[] results = await Task.WhenAll(appends.Select(events => _owners[name].AppendAsync(events).AsTask()));
        for (int i = 0; i < appends.Length; i++)
        {
            _model[name].Append(appends[i]);
            Assert.Equal(new Sequence(_model[name].Head), results[i].Last);
        }
    }

    private async Task StateAsync(string name)
    {
        (EventData state, Sequence? expected) = (Write(1)[0], Expect(name));
        async Task<AppendResult> Call() => await _owners[name].AppendStateAsync(state, expected);
        if (await RefusedAsync(name, expected, Call))
            return;
        Assert.Equal(new Sequence(_model[name].Head + 1), (await Call()).Last);
        _model[name].AppendState(state);
    }

    private async Task CheckpointAsync(string name)
    {
        ModelStream model = _model[name];
        if (model.Head == 0)
            return;
        long at = _random.NextInt64(Math.Max(1, (model.Checkpoint ?? 1) - 1), model.Head + 2);
        EventData state = Write(1)[0];
        if (at > model.Head || at < model.Checkpoint)
        {
            await Assert.ThrowsAsync<AppendRejectedException>(async () => await _owners[name].CheckpointAsync(new Sequence(at), state));
            return;
        }

        await _owners[name].CheckpointAsync(new Sequence(at), state);
        model.TakeCheckpoint(at, state);
    }

    private async Task TruncateAsync(string name)
    {
        ModelStream model = _model[name];
        long before = _random.NextInt64(1, model.Head + 3);
        if (before > model.First && (model.Checkpoint is not { } checkpoint || before > checkpoint + 1))
        {
            await Assert.ThrowsAsync<AppendRejectedException>(async () => await _owners[name].TruncateAsync(new Sequence(before)));
            return;
        }

        await _owners[name].TruncateAsync(new Sequence(before));
        model.Truncate(before);
    }

    private async Task DeleteAsync(string name)
    {
        Sequence? expected = Expect(name);
        async Task<AppendResult> Call()
        {
            await _owners[name].DeleteAsync(expected);
            return default;
        }

        if (await RefusedAsync(name, expected, Call))
            return;
        await Call();
        _model[name] = NewModel(name);
        _former.Add(_owners[name]);
        await OpenOwnerAsync(name);
        await SameAsync(name);
    }

    private async Task AtomicAsync()
    {
        string[] names = [.. Names];
        _random.Shuffle(names);
        StreamAppend[] parts = [.. names.Take(_random.Next(1, 4)).Select(n => new StreamAppend(_owners[n], Write(_random.Next(1, 3)), Expect(n)))];
        if (Array.Exists(parts, p => p.ExpectedSequence is { } expected && expected.Value != ModelOf(p).Head))
        {
            await Assert.ThrowsAsync<SequenceConflictException>(async () => await Store.AppendAtomicAsync(parts));
            return;
        }

        IReadOnlyList<AppendResult> results = await Store.AppendAtomicAsync(parts);
        for (int i = 0; i < parts.Length; i++)
        {
            Assert.Equal(new Sequence(ModelOf(parts[i]).Head + 1), results[i].First);
            ModelOf(parts[i]).Append(parts[i].Events);
            Assert.Equal(new Sequence(ModelOf(parts[i]).Head), results[i].Last);
        }
    }

    /// <summary>Takes the stream over. The former owner's appends must fail, now and later.</summary>
    private async Task TakeOverAsync(string name)
    {
        _former.Add(_owners[name]);
        await OpenOwnerAsync(name);
        ILogStream former = _former[_random.Next(_former.Count)];
        await Assert.ThrowsAsync<FencedException>(async () => await former.AppendAsync(Payloads.Of("stale")));
        if (_random.Next(3) > 0)
            return;
        await former.DisposeAsync();
        _former.Remove(former);
    }

    private async Task RestartAsync(Func<StoreSettings, StoreSettings>? with = null)
    {
        await ReopenAsync(with);
        _former.Clear();
        Assert.Equal(
            _model.Where(m => m.Value.Head > 0).OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => m.Value.Info(m.Key)),
            await ListAsync());
        foreach (string name in Names)
        {
            _model.TryAdd(name, NewModel(name));
            await OpenOwnerAsync(name);
            await SameAsync(name);
        }
    }

    private async Task SameAsync(string name)
    {
        (ModelStream model, ILogStream stream) = (_model[name], _owners[name]);
        Assert.Equal(model.Info(name), new StreamInfo(stream.Id, stream.Head, stream.First, stream.Checkpoint));
        Assert.True(stream.IsOwner);
        Assert.Equal(model.Replay(), await stream.ReplayAsync().TextsAsync());
        Assert.Equal(model.Read(1, model.Head), await HistoryAsync(stream));
        (long from, long to) = (_random.NextInt64(0, model.Head + 2), _random.NextInt64(0, model.Head + 2));
        Assert.Equal(model.Read(from, to), await stream.ReadAsync(new Sequence(from), new Sequence(to)).TextsAsync());
        List<string>? state = null;
        if (await Record.ExceptionAsync(async () => state = await stream.ReadAsOfAsync(new Sequence(from)).TextsAsync()) is not { } error)
        {
            Assert.Contains(state, model.StatesOf(from));
            return;
        }

        Assert.Equal(new Sequence(model.First), Assert.IsType<HistoryTruncatedException>(error).First);
        Assert.False(model.MustKnow(from));
    }

    /// <summary>Returns whether the call has a wrong expected sequence; if so, checks that it is rejected.</summary>
    private async Task<bool> RefusedAsync(string name, Sequence? expected, Func<Task> call)
    {
        if (expected is not { } sequence || sequence.Value == _model[name].Head)
            return false;
        SequenceConflictException error = await Assert.ThrowsAsync<SequenceConflictException>(call);
        Assert.Equal((new LogStreamId(name), sequence, new Sequence(_model[name].Head)), (error.Stream, error.Expected, error.Actual));
        return true;
    }

    /// <summary>Returns an expected sequence: none, the head, or rarely a wrong one.</summary>
    private Sequence? Expect(string name) => _random.Next(8) switch
    {
        < 4 => null,
        < 7 => new Sequence(_model[name].Head),
        _ => new Sequence(_model[name].Head + (_random.Next(2) == 0 ? 1 : _model[name].Head > 0 ? -1 : 2)),
    };

    /// <summary>Creates payloads that were never used before.</summary>
    private EventData[] Write(int count)
        => [.. Enumerable.Range(0, count).Select(_ => Payloads.Of($"{++_written} {new string('x', _random.Next(_random.Next(10) == 0 ? 4000 : 40))}"))];

    private async Task OpenOwnerAsync(string name) => _owners[name] = await OpenAsync(name, RetentionOf(name));

    private ModelStream ModelOf(StreamAppend part) => _model[part.Stream.Id.Value];

    private static ModelStream NewModel(string name) => new(RetentionOf(name).Checkpoints);

    private static Retention RetentionOf(string name) => name switch
    {
        "last" => Retention.Last,
        "newest" => Retention.Newest(3),
        _ => Retention.All,
    };
}
