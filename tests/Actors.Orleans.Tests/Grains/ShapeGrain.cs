using MessagePack;

namespace Actors.Orleans.Tests.Grains;

/// <summary>Keeps a value of any type in its log, and gives it to callers on other silos and to clients.</summary>
public interface IShapeGrain<T> : IGrainWithStringKey
{
    Task Set(T value);

    Task<T> Get();

    /// <summary>What another grain of the same class has.</summary>
    Task<T> GetOf(string other);

    Task TakeCheckpoint();
}

/// <summary>Its log is MessagePack.</summary>
public interface IPackedShapeGrain<T> : IShapeGrain<T>;

/// <summary>Its log is in Orleans' own format.</summary>
public interface IOrleansShapeGrain<T> : IShapeGrain<T>;

[MessagePackObject]
[Alias("packed-shape-set")]
public sealed record PackedShapeSet<T>([property: Key(0)] T Value);

[MessagePackObject]
public sealed class PackedShape<T> : IApply<PackedShapeSet<T>>
{
    [Key(0)]
    public T? Value { get; set; }

    public void Apply(PackedShapeSet<T> change) => Value = change.Value;
}

public sealed class PackedShapeGrain<T>([GrainLog("shape")] IGrainLog<PackedShape<T>, PackedShapeSet<T>> log) : Grain, IPackedShapeGrain<T>
{
    public async Task Set(T value) => await log.AppendAsync(new PackedShapeSet<T>(value));

    public Task<T> Get() => Task.FromResult(log.State.Value!);

    public Task<T> GetOf(string other) => GrainFactory.GetGrain<IPackedShapeGrain<T>>(other).Get();

    public async Task TakeCheckpoint() => await log.CheckpointAsync();
}

[GenerateSerializer]
[Alias("shape-set`1")]
public sealed record OrleansShapeSet<T>([property: Id(0)] T Value);

[GenerateSerializer]
[Alias("shape`1")]
public sealed class OrleansShape<T> : IApply<OrleansShapeSet<T>>
{
    [Id(0)]
    public T? Value { get; set; }

    public void Apply(OrleansShapeSet<T> change) => Value = change.Value;
}

public sealed class OrleansShapeGrain<T>([GrainLog("shape")] IGrainLog<OrleansShape<T>, OrleansShapeSet<T>> log) : Grain, IOrleansShapeGrain<T>
{
    public async Task Set(T value) => await log.AppendAsync(new OrleansShapeSet<T>(value));

    public Task<T> Get() => Task.FromResult(log.State.Value!);

    public Task<T> GetOf(string other) => GrainFactory.GetGrain<IOrleansShapeGrain<T>>(other).Get();

    public async Task TakeCheckpoint() => await log.CheckpointAsync();
}
