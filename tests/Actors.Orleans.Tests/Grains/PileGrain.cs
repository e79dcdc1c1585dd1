using MessagePack;
using Orleans.Concurrency;

namespace Actors.Orleans.Tests.Grains;

/// <summary>A grain whose state is never changed: each event gives a new one.</summary>
public interface IPileGrain : IGrainWithStringKey
{
    Task Add(long amount);

    Task TakeCheckpoint();

    Task<long> GetTotal();
}

[MessagePackObject]
[Alias("pile.added")]
public sealed record PileAdded([property: Key(0)] long Amount);

[MessagePackObject]
public sealed record Pile : IApply<PileAdded>
{
    [Key(0)]
    public long Total { get; init; }

    /// <summary>Never called where <see cref="PileEvents"/> are registered.</summary>
    void IApply<PileAdded>.Apply(PileAdded change) => throw new NotSupportedException("A pile does not change.");
}

internal static class PileEvents
{
    public static ISiloBuilder ApplyPileEvents(this ISiloBuilder silo)
        => silo.ApplyGrainLogEvents<Pile, PileAdded>((pile, added) => pile with { Total = pile.Total + added.Amount });
}

[Reentrant]
public sealed class PileGrain([GrainLog("pile")] IGrainLog<Pile, PileAdded> log) : Grain, IPileGrain
{
    public async Task Add(long amount) => await log.AppendAsync(new PileAdded(amount));

    public Task TakeCheckpoint() => log.CheckpointAsync().AsTask();

    public Task<long> GetTotal() => Task.FromResult(log.State.Total);
}
