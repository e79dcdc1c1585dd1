using Actors.Orleans;
using MessagePack;

namespace Actors_Silo.Silo;

/// <summary>An event of a counter. Its alias is its name in the log and must not change.</summary>
[MessagePackObject]
[Alias("counter.added")]
public sealed record Added([property: Key(0)] int Amount);

/// <summary>The state of a counter. It is made of its events, and saved as a checkpoint now and then.</summary>
[MessagePackObject]
public sealed class Counter : IApply<Added>
{
    [Key(0)]
    public long Total { get; set; }

    public void Apply(Added change) => Total += change.Amount;
}
