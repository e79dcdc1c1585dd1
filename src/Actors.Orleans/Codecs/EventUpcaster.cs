using System.Reflection;
using MessagePack;

namespace Actors.Orleans.Codecs;

/// <summary>Turns events of one old type into events of today's types.</summary>
internal abstract class EventUpcaster<TEvent>
{
    /// <summary>The old type.</summary>
    public abstract Type Old { get; }

    /// <summary>The alias of its events in the log; null if the old type has none.</summary>
    public abstract string? Alias { get; }

    /// <summary>Whether an old event may stand for several, or for none.</summary>
    public abstract bool Splits { get; }

    public abstract IReadOnlyList<TEvent> Upcast(object old);

    /// <summary>Decodes an event's body as the old type and upcasts it.</summary>
    public abstract IReadOnlyList<TEvent> Read(ref MessagePackReader reader);

    /// <summary>Returns the one event that an old event stands for.</summary>
    public static TEvent Single(IReadOnlyList<TEvent> events)
        => events is [var one] ? one : throw new InvalidOperationException($"The event stands for {events.Count} events of type {typeof(TEvent)}.");
}

internal sealed class EventUpcaster<TEvent, TOld>(Func<TOld, IReadOnlyList<TEvent>> upcast, bool splits) : EventUpcaster<TEvent>
    where TOld : class
{
    public override Type Old => typeof(TOld);

    public override string? Alias { get; } = typeof(TOld).GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias;

    public override bool Splits => splits;

    public override IReadOnlyList<TEvent> Upcast(object old) => upcast((TOld)old);

    public override IReadOnlyList<TEvent> Read(ref MessagePackReader reader) => upcast(MessagePackSerializer.Deserialize<TOld>(ref reader, MessagePackLimits.Options));
}

/// <summary>Decodes events, and upcasts those of old types until no upcaster applies.</summary>
internal sealed class UpcastingFormat<TEvent>(IPayloadFormat<TEvent> inner, IReadOnlyDictionary<Type, EventUpcaster<TEvent>> upcasters) : IPayloadFormat<TEvent>
{
    private const int MostSteps = 100;

    public byte Number => inner.Number;

    /// <summary>Whether an event may become several, or none.</summary>
    public bool Splits { get; } = upcasters.Values.Any(u => u.Splits);

    /// <summary>Whether events of a type are upcast when they are read.</summary>
    public bool Turns(Type type) => upcasters.ContainsKey(type);

    public void Encode(TEvent value, System.Buffers.IBufferWriter<byte> target) => inner.Encode(value, target);

    public TEvent Decode(ReadOnlyMemory<byte> payload)
    {
        TEvent value = inner.Decode(payload);
        return value is null || !Turns(value.GetType()) ? value : EventUpcaster<TEvent>.Single(Turned(value, 0));
    }

    public IReadOnlyList<TEvent> DecodeAll(ReadOnlyMemory<byte> payload) => [.. inner.DecodeAll(payload).SelectMany(v => Turned(v, 0))];

    private IReadOnlyList<TEvent> Turned(TEvent value, int steps)
    {
        if (value is null || !upcasters.TryGetValue(value.GetType(), out EventUpcaster<TEvent>? upcaster))
            return [value];
        return steps < MostSteps
            ? [.. upcaster.Upcast(value).SelectMany(v => Turned(v, steps + 1))]
            : throw new InvalidOperationException($"The upcasters of {typeof(TEvent)} lead in a circle through {value.GetType()}.");
    }
}
