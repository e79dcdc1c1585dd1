using System.Runtime.CompilerServices;
using Actors.Wal;
using MessagePack;
using Orleans.Concurrency;

namespace Actors.Orleans.Tests.Grains;

/// <summary>Every door of a grain log, with an event that can't be applied.</summary>
public interface INotebookGrain : IGrainWithStringKey
{
    Task<long> Write(string text);

    /// <summary>Waits at a gate in between.</summary>
    Task<long> WriteBehind(string gate, string text);

    /// <summary>Writes on behalf of somebody; gives whom applying saw in the request's context, and whom the code that awaited.</summary>
    Task<string> WriteAs(string text, string caller);

    Task<long> WriteAll(string[] texts);

    Task<long> WriteIf(string text, long expectedVersion);

    /// <summary>Starts all appends before it awaits them together; gives what each one found when it went on, "version:lines:turn".</summary>
    Task<string[]> WriteTogether(string[] texts);

    /// <summary>Starts an append that can't be applied, and another one behind it; gives the second one's error.</summary>
    Task<string> WriteBehindForbidden(string text);

    /// <summary>Starts appends and awaits none.</summary>
    Task WriteUnawaited(string[] texts);

    /// <summary>Reads the result of an append before it is there; gives the error's type.</summary>
    Task<string> ReadTooEarly(string text);

    Task<string[]> Read();

    /// <summary>What is certain to be the last state.</summary>
    Task<string[]> ReadConfirmed();

    /// <summary>The same, behind a gate.</summary>
    Task<string[]> ReadConfirmedBehind(string gate);

    Task<string[]> ReadHistory(long from, long to);

    Task<string[]> ReadAt(long version);

    Task<string[]> ReadAtTime(DateTimeOffset time);

    Task TakeCheckpoint();

    Task<long?> GetCheckpoint();

    Task Clear();

    Task<string> GetActivation();

    Task Deactivate();

    Task Migrate();

    Task<long> GetReplayed();
}

[Union(0, typeof(LineWritten))]
[Union(1, typeof(LineForbidden))]
public abstract record NotebookEvent;

[MessagePackObject]
public sealed record LineWritten([property: Key(0)] string Text) : NotebookEvent;

/// <summary>What no notebook can apply.</summary>
[MessagePackObject]
public sealed record LineForbidden([property: Key(0)] string Text) : NotebookEvent;

[MessagePackObject]
public sealed class Notebook : IApply<NotebookEvent>
{
    [Key(0)]
    public List<string> Lines { get; set; } = [];

    /// <summary>How many events this object has seen applied; a restored one starts at 0.</summary>
    [IgnoreMember]
    public long Applied { get; private set; }

    /// <summary>Whom the last event was applied for, as far as applying could see.</summary>
    [IgnoreMember]
    public string? Caller { get; private set; }

    public void Apply(NotebookEvent change)
    {
        Applied++;
        Caller = RequestContext.Get("caller") as string;
        Lines.Add(change is LineWritten written ? written.Text : throw new ForbiddenLineException("This line is forbidden."));
    }
}

[Reentrant]
public sealed class NotebookGrain([GrainLog("notebook")] IGrainLog<Notebook, NotebookEvent> log) : Grain, INotebookGrain
{
    public async Task<long> Write(string text)
    {
        NotebookEvent change = text.StartsWith('!') ? new LineForbidden(text) : new LineWritten(text);
        return (await log.AppendAsync(change)).Value;
    }

    public async Task<long> WriteBehind(string gate, string text)
    {
        await Gate.PassAsync(gate);
        return await Write(text);
    }

    public async Task<string> WriteAs(string text, string caller)
    {
        RequestContext.Set("caller", caller);
        await log.AppendAsync(new LineWritten(text));
        return $"{log.State.Caller ?? "nobody"}, {RequestContext.Get("caller")}";
    }

    public async Task<long> WriteAll(string[] texts) => (await log.AppendAsync([.. texts.Select(t => new LineWritten(t))])).Value;

    public async Task<long> WriteIf(string text, long expectedVersion)
        => (await log.AppendAsync(new LineWritten(text), new Sequence(expectedVersion))).Value;

    public async Task<string[]> WriteTogether(string[] texts)
    {
        TaskScheduler turns = TaskScheduler.Current;
        return await Task.WhenAll(texts.Select(WriteOne));

        async Task<string> WriteOne(string text, int number)
        {
            ValueTask<Sequence> append = log.AppendAsync(new LineWritten(text));
            Sequence version = number % 2 == 0 ? await append : await append.AsTask();
            return $"{version}:{log.State.Lines.IndexOf(text) + 1}:{TaskScheduler.Current == turns}";
        }
    }

    public async Task<string> WriteBehindForbidden(string text)
    {
        Task first = log.AppendAsync(new LineForbidden("!")).AsTask();
        Task second = log.AppendAsync(new LineWritten(text)).AsTask();
        await first.ContinueWith(_ => { }, TaskScheduler.Current);
        try
        {
            await second;
            return "none";
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    public Task WriteUnawaited(string[] texts)
    {
        foreach (string text in texts)
            _ = log.AppendAsync(new LineWritten(text)).AsTask();
        return Task.CompletedTask;
    }

    public async Task<string> ReadTooEarly(string text)
    {
        ValueTask<Sequence> append = log.AppendAsync(new LineWritten(text));
        ConfiguredValueTaskAwaitable<Sequence>.ConfiguredValueTaskAwaiter awaiter = append.ConfigureAwait(true).GetAwaiter();
        try
        {
            awaiter.GetResult();
            return "none";
        }
        catch (InvalidOperationException e)
        {
            // It is complete nevertheless, in its time.
            await append;
            return e.GetType().Name;
        }
    }

    public Task<string[]> Read() => Task.FromResult(log.State.Lines.ToArray());

    public async Task<string[]> ReadConfirmed()
    {
        await log.ConfirmAsync();
        return await Read();
    }

    public async Task<string[]> ReadConfirmedBehind(string gate)
    {
        await Gate.PassAsync(gate);
        return await ReadConfirmed();
    }

    public async Task<string[]> ReadHistory(long from, long to)
    {
        var lines = new List<string>();
        await foreach (LoggedEvent<NotebookEvent> logged in log.ReadAsync(new Sequence(from), new Sequence(to)))
            lines.Add($"{logged.Version} {((LineWritten)logged.Event).Text}");
        return [.. lines];
    }

    public async Task<string[]> ReadAt(long version) => [.. (await log.StateAtAsync(new Sequence(version))).Lines];

    public async Task<string[]> ReadAtTime(DateTimeOffset time) => [.. (await log.StateAtAsync(time)).Lines];

    public Task TakeCheckpoint() => log.CheckpointAsync().AsTask();

    public Task<long?> GetCheckpoint() => Task.FromResult(log.Checkpoint?.Value);

    public Task Clear() => log.ClearAsync().AsTask();

    public Task<string> GetActivation() => Task.FromResult(GrainContext.ActivationId.ToString());

    public Task Deactivate()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task Migrate()
    {
        MigrateOnIdle();
        return Task.CompletedTask;
    }

    public Task<long> GetReplayed() => Task.FromResult(log.State.Applied);
}

/// <summary>An exception of the application for which Orleans has no codec.</summary>
public sealed class ForbiddenLineException(string message) : Exception(message);
