using Actors.Wal;
using MessagePack;
using Orleans.Concurrency;

namespace Actors.Orleans.Tests.Grains;

/// <summary>A grain whose calls interleave, for random schedules. Its state is the list of all numbers that were counted.</summary>
public interface IScheduledGrain : IGrainWithStringKey
{
    Task<long> Count(int number);

    Task<long> CountAll(int[] numbers);

    Task<long> CountOnce(string key, int number);

    Task<long> CountOn(long version, int number);

    /// <summary>Counts, and does not wait for the log.</summary>
    Task Start(int number);

    Task TakeCheckpoint();

    Task<long> Clear();

    Task Leave();

    Task Migrate();

    Task<int[]> Numbers();

    Task<long> Version();
}

public interface IMutableScheduledGrain : IScheduledGrain;

public interface IImmutableScheduledGrain : IScheduledGrain;

[MessagePackObject]
[Alias("counter.counted")]
public sealed record Counted([property: Key(0)] int Number);

/// <summary>A state that events change.</summary>
[MessagePackObject]
public sealed class MutableNumbers : IApply<Counted>
{
    [Key(0)]
    public List<int> Numbers { get; init; } = [];

    public void Apply(Counted change) => Numbers.Add(change.Number);
}

/// <summary>A state that events replace.</summary>
[MessagePackObject]
public sealed record ImmutableNumbers : IApply<Counted>
{
    [Key(0)]
    public int[] Numbers { get; init; } = [];

    /// <summary>Never called where <see cref="ScheduledEvents"/> are registered.</summary>
    void IApply<Counted>.Apply(Counted change) => throw new NotSupportedException("These numbers do not change.");
}

internal static class ScheduledEvents
{
    public static ISiloBuilder ApplyScheduledEvents(this ISiloBuilder silo)
        => silo.ApplyGrainLogEvents<ImmutableNumbers, Counted>((counter, counted) => counter with { Numbers = [.. counter.Numbers, counted.Number] });
}

/// <summary>What both grains do.</summary>
public abstract class ScheduledGrain<TState>(IGrainLog<TState, Counted> log, Func<TState, IEnumerable<int>> numbers) : Grain, IScheduledGrain
    where TState : class, new()
{
    public async Task<long> Count(int number) => (await log.AppendAsync(new Counted(number))).Value;

    public async Task<long> CountAll(int[] numbers) => (await log.AppendAsync([.. numbers.Select(n => new Counted(n))])).Value;

    public async Task<long> CountOnce(string key, int number) => (await log.AppendOnceAsync(key, new Counted(number))).Value;

    public async Task<long> CountOn(long version, int number) => (await log.AppendAsync(new Counted(number), new Sequence(version))).Value;

    public Task Start(int number)
    {
        _ = log.AppendAsync(new Counted(number)).AsTask();
        return Task.CompletedTask;
    }

    public Task TakeCheckpoint() => log.CheckpointAsync().AsTask();

    public async Task<long> Clear()
    {
        await log.ClearAsync();
        return log.Version.Value;
    }

    public Task Leave()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task Migrate()
    {
        MigrateOnIdle();
        return Task.CompletedTask;
    }

    public Task<int[]> Numbers() => Task.FromResult<int[]>([.. numbers(log.State)]);

    public Task<long> Version() => Task.FromResult(log.Version.Value);
}

[Reentrant]
public sealed class MutableScheduledGrain([GrainLog("counter")] IGrainLog<MutableNumbers, Counted> log) : ScheduledGrain<MutableNumbers>(log, t => t.Numbers), IMutableScheduledGrain;

[Reentrant]
public sealed class ImmutableScheduledGrain([GrainLog("counter")] IGrainLog<ImmutableNumbers, Counted> log) : ScheduledGrain<ImmutableNumbers>(log, t => t.Numbers), IImmutableScheduledGrain;
