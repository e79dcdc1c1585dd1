using Actors.Wal;
using Orleans.Concurrency;

namespace Actors.Orleans.Tests.Grains;

/// <summary>Writes lines that its callers may repeat.</summary>
public interface IDeskGrain : IGrainWithStringKey
{
    /// <summary>Writes a line once per key, and gives its number.</summary>
    Task<long> Write(string key, string text);

    /// <summary>Writes a line if it is to be the next after a number.</summary>
    Task<long> WriteIf(string key, string text, long expectedVersion);

    /// <summary>Writes several lines once per key, and gives the last one's number.</summary>
    Task<long> WriteAll(string key, string[] texts);

    /// <summary>Starts the same append several times before it awaits all.</summary>
    Task<long[]> WriteTogether(string key, string text, int times);

    /// <summary>The number of what was written with a key, or null.</summary>
    Task<long?> Find(string key);

    Task<string[]> Read();

    /// <summary>All lines with the keys that they were written with: "number text key".</summary>
    Task<string[]> ReadHistory();

    Task TakeCheckpoint();

    Task Clear(long? expectedVersion = null);

    Task Migrate();
}

[Reentrant]
public sealed class DeskGrain([GrainLog("desk")] IGrainLog<Notebook, NotebookEvent> log) : Grain, IDeskGrain
{
    public async Task<long> Write(string key, string text) => (await log.AppendOnceAsync(key, EventOf(text))).Value;

    public async Task<long> WriteIf(string key, string text, long expectedVersion)
        => (await log.AppendOnceAsync(key, EventOf(text), new Sequence(expectedVersion))).Value;

    public async Task<long> WriteAll(string key, string[] texts) => (await log.AppendOnceAsync(key, [.. texts.Select(EventOf)])).Value;

    public async Task<long[]> WriteTogether(string key, string text, int times)
    {
        Sequence[] versions = await Task.WhenAll(Enumerable.Range(0, times).Select(_ => log.AppendOnceAsync(key, EventOf(text)).AsTask()));
        return [.. versions.Select(v => v.Value)];
    }

    public Task<long?> Find(string key) => Task.FromResult(log.TryGetAppended(key, out Sequence version) ? version.Value : (long?)null);

    public Task<string[]> Read() => Task.FromResult(log.State.Lines.ToArray());

    public async Task<string[]> ReadHistory()
    {
        var lines = new List<string>();
        await foreach (LoggedEvent<NotebookEvent> logged in log.ReadAsync(new Sequence(1), log.Version))
            lines.Add($"{logged.Version} {((LineWritten)logged.Event).Text} {logged.IdempotencyKey ?? "-"}");
        return [.. lines];
    }

    public Task TakeCheckpoint() => log.CheckpointAsync().AsTask();

    public Task Clear(long? expectedVersion) => log.ClearAsync(expectedVersion is { } version ? new Sequence(version) : null).AsTask();

    public Task Migrate()
    {
        MigrateOnIdle();
        return Task.CompletedTask;
    }

    private static NotebookEvent EventOf(string text) => text.StartsWith('!') ? new LineForbidden(text) : new LineWritten(text);
}
