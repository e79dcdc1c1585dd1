using Orleans.Concurrency;
using Orleans.EventSourcing;
using Orleans.Providers;

namespace Actors.Orleans.Tests.Grains;

/// <summary>Every door of a journaled grain.</summary>
public interface IDiaryGrain : IGrainWithStringKey
{
    /// <summary>Raises and confirms; gives the version.</summary>
    Task<int> Write(string text);

    /// <summary>Waits at a gate in between.</summary>
    Task<int> WriteBehind(string gate, string text);

    Task RefreshBehind(string gate);

    /// <summary>Raises all and confirms once.</summary>
    Task<int> WriteAll(string[] texts);

    /// <summary>Raises without confirming; gives version, lines of the state, of the tentative state, and unconfirmed events.</summary>
    Task<string> WriteAndLook(string[] texts);

    /// <summary>Raises and does not wait.</summary>
    Task WriteUnconfirmed(string text);

    /// <summary>Raises if nothing else was raised; several calls at once interleave.</summary>
    Task<bool> WriteIf(string text);

    Task<bool> WriteAllIf(string[] texts);

    Task Confirm();

    Task Refresh();

    Task<string[]> Read();

    Task<string[]> ReadTentative();

    Task<int> GetVersion();

    Task<string[]> ReadEvents(int from, int to);

    Task Clear();

    /// <summary>
    /// Starts to clear, raises an event conditionally and another one unconditionally meanwhile; gives whether the first was
    /// appended, or null when the log was cleared before anything could be raised.
    /// </summary>
    Task<bool?> ClearAndWriteIf(string conditional, string unconditional);

    /// <summary>Events that the state of this activation has seen applied since it was made.</summary>
    Task<int> GetReplayed();

    /// <summary>How often it was told of a changed state, of a changed tentative state, of an issue, and of its end.</summary>
    Task<string> GetNotifications();

    Task<int> GetIssues();

    /// <summary>Counters of Orleans' own names, of everything since the last call.</summary>
    Task<Dictionary<string, long>> GetCounters();

    Task<string> GetActivation();
}

[GenerateSerializer]
[Alias("tests.DiaryEvent")]
public abstract record DiaryEvent;

[GenerateSerializer]
[Alias("tests.DiaryWritten")]
public sealed record DiaryWritten([property: Id(0)] string Text) : DiaryEvent;

/// <summary>What no diary can apply.</summary>
[GenerateSerializer]
[Alias("tests.DiaryForbidden")]
public sealed record DiaryForbidden([property: Id(0)] string Text) : DiaryEvent;

/// <summary>What can't be serialized.</summary>
public sealed record DiaryUnspeakable(string Text) : DiaryEvent;

[GenerateSerializer]
[Alias("tests.Diary")]
public sealed class Diary
{
    [Id(0)]
    public List<string> Lines { get; set; } = [];

    [field: NonSerialized]
    public int Applied { get; private set; }

    public void Apply(DiaryWritten written)
    {
        Applied++;
        Lines.Add(written.Text);
    }

    public void Apply(DiaryForbidden forbidden) => throw new InvalidOperationException($"The line '{forbidden.Text}' is forbidden; there are {Lines.Count}.");
}

[Reentrant]
[LogConsistencyProvider(ProviderName = "wal")]
public sealed class DiaryGrain : JournaledGrain<Diary, DiaryEvent>, IDiaryGrain
{
    private readonly int[] _notifications = new int[4];

    public async Task<int> Write(string text)
    {
        RaiseEvent(EventOf(text));
        await ConfirmEvents();
        return Version;
    }

    public async Task<int> WriteBehind(string gate, string text)
    {
        await Gate.PassAsync(gate);
        return await Write(text);
    }

    public async Task RefreshBehind(string gate)
    {
        await Gate.PassAsync(gate);
        await RefreshNow();
    }

    public async Task<int> WriteAll(string[] texts)
    {
        RaiseEvents(texts.Select(EventOf));
        await ConfirmEvents();
        return Version;
    }

    public Task<string> WriteAndLook(string[] texts)
    {
        foreach (string text in texts)
            RaiseEvent(EventOf(text));
        return Task.FromResult($"{Version} {State.Lines.Count} {TentativeState.Lines.Count} {UnconfirmedEvents.Count()}");
    }

    public Task WriteUnconfirmed(string text)
    {
        RaiseEvent(EventOf(text));
        return Task.CompletedTask;
    }

    public Task<bool> WriteIf(string text) => RaiseConditionalEvent(EventOf(text));

    public Task<bool> WriteAllIf(string[] texts) => RaiseConditionalEvents(texts.Select(EventOf));

    public Task Confirm() => ConfirmEvents();

    public Task Refresh() => RefreshNow();

    public Task<string[]> Read() => Task.FromResult(State.Lines.ToArray());

    public Task<string[]> ReadTentative() => Task.FromResult(TentativeState.Lines.ToArray());

    public Task<int> GetVersion() => Task.FromResult(Version);

    public async Task<string[]> ReadEvents(int from, int to)
        => [.. (await RetrieveConfirmedEvents(from, to)).Cast<DiaryWritten>().Select(e => e.Text)];

    public Task Clear() => ClearLogAsync();

    public async Task<bool?> ClearAndWriteIf(string conditional, string unconditional)
    {
        Task clearing = ClearLogAsync();
        bool isUnderWay = !clearing.IsCompleted;
        Task<bool> appended = RaiseConditionalEvent(EventOf(conditional));
        RaiseEvent(EventOf(unconditional));
        await clearing;
        await ConfirmEvents();
        bool wasAppended = await appended;
        return isUnderWay ? wasAppended : null;
    }

    public Task<int> GetReplayed() => Task.FromResult(State.Applied);

    public Task<string> GetNotifications() => Task.FromResult(string.Join(" ", _notifications));

    public Task<int> GetIssues() => Task.FromResult(_notifications[2]);

    public Task<Dictionary<string, long>> GetCounters()
    {
        Dictionary<string, long> counters = GetStats()?.EventCounters ?? [];
        EnableStatsCollection();
        return Task.FromResult(counters);
    }

    public Task<string> GetActivation() => Task.FromResult(GrainContext.ActivationId.ToString());

    protected override void OnStateChanged() => _notifications[0]++;

    protected override void OnTentativeStateChanged()
    {
        _notifications[1]++;
        if (TentativeLineIsTooMuch())
            throw new InvalidOperationException("A notification that fails.");
    }

    protected override void OnConnectionIssue(ConnectionIssue issue) => _notifications[2]++;

    protected override void OnConnectionIssueResolved(ConnectionIssue issue) => _notifications[3]++;

    private static DiaryEvent EventOf(string text) => text[0] switch
    {
        '!' => new DiaryForbidden(text),
        '?' => new DiaryUnspeakable(text),
        _ => new DiaryWritten(text),
    };

    private bool TentativeLineIsTooMuch() => UnconfirmedEvents.LastOrDefault() is DiaryWritten { Text: "throw from the notification" };
}

/// <summary>Names no provider: the silo's default keeps its log. Its events derive from object, and one has no alias.</summary>
public interface ITallyGrain : IGrainWithStringKey
{
    Task<long> Add(long amount);

    Task<long> GetTotal();
}

[GenerateSerializer]
public sealed record TallyAdded([property: Id(0)] long Amount);

[GenerateSerializer]
public sealed class Tally
{
    [Id(0)]
    public long Total { get; set; }

    public void Apply(TallyAdded added) => Total += added.Amount;
}

public sealed class TallyGrain : JournaledGrain<Tally>, ITallyGrain
{
    public async Task<long> Add(long amount)
    {
        RaiseEvent(new TallyAdded(amount));
        await ConfirmEvents();
        return State.Total;
    }

    public Task<long> GetTotal() => Task.FromResult(State.Total);
}

/// <summary>Its state can't be serialized.</summary>
public interface ISketchGrain : IGrainWithStringKey
{
    Task<int> Draw(string line);

    Task<int> GetApplied();
}

[GenerateSerializer, Alias("sketch.drawn")]
public sealed record SketchDrawn([property: Id(0)] string Line);

public sealed class Sketch
{
    public List<string> Lines { get; } = [];

    public void Apply(SketchDrawn drawn) => Lines.Add(drawn.Line);
}

public sealed class SketchGrain : JournaledGrain<Sketch>, ISketchGrain
{
    public async Task<int> Draw(string line)
    {
        RaiseEvent(new SketchDrawn(line));
        await ConfirmEvents();
        return State.Lines.Count;
    }

    public Task<int> GetApplied() => Task.FromResult(State.Lines.Count);
}
