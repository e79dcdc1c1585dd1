using Actors.Orleans;
using MessagePack;

namespace Actors.Benchmarks.Grains;

/// <summary>The events of a counter. Logs store MessagePack; a journaled grain copies its state and events with the Orleans serializer.</summary>
[GenerateSerializer]
[Alias("benchmarks.CounterEvent")]
[Union(0, typeof(Added))]
public abstract record CounterEvent;

/// <summary>An addition: about 100 bytes of MessagePack.</summary>
[MessagePackObject]
[GenerateSerializer]
[Alias("benchmarks.Added")]
public sealed record Added : CounterEvent
{
    /// <summary>A text that fills the event to 100 bytes.</summary>
    public const string UsualNote = "a small event has a number or two, a few words about the reason, and hardly more";

    [Key(0), Id(0)]
    public required long Amount { get; init; }

    [Key(1), Id(1)]
    public required long Total { get; init; }

    [Key(2), Id(2)]
    public required string Note { get; init; }

    /// <summary>Returns the event of a call.</summary>
    public static Added Of(long amount, long totalBefore) => new() { Amount = amount, Total = totalBefore + amount, Note = UsualNote };
}

/// <summary>A counter's state; as large as one event, so that writing either costs the same bytes.</summary>
[MessagePackObject]
[GenerateSerializer]
[Alias("benchmarks.Counter")]
public sealed class Counter : IApply<CounterEvent>
{
    [Key(0), Id(0)]
    public long Total { get; set; }

    [Key(1), Id(1)]
    public long Events { get; set; }

    [Key(2), Id(2)]
    public string Note { get; set; } = "";

    public void Apply(CounterEvent change)
    {
        var added = (Added)change;
        Total = added.Total;
        Events++;
        Note = added.Note;
    }
}
