using System.Reflection;
using MessagePack;

namespace Actors.Orleans.Codecs;

/// <summary>Turns events of one old type into what the program knows today.</summary>
internal abstract class EventUpcaster<TEvent>
{
    /// <summary>The old type.</summary>
    public abstract Type Old { get; }

    /// <summary>The name that its events have in the log, where the type has one of its own.</summary>
    public abstract string? Alias { get; }

    public abstract TEvent Upcast(object old);

    /// <summary>Reads an event's body and turns it.</summary>
    public abstract TEvent Read(ref MessagePackReader reader);
}

internal sealed class EventUpcaster<TEvent, TOld>(Func<TOld, TEvent> upcast) : EventUpcaster<TEvent>
    where TOld : class
{
    public override Type Old => typeof(TOld);

    public override string? Alias { get; } = typeof(TOld).GetCustomAttribute<AliasAttribute>()?.Alias;

    public override TEvent Upcast(object old) => upcast((TOld)old);

    public override TEvent Read(ref MessagePackReader reader) => upcast(MessagePackSerializer.Deserialize<TOld>(ref reader, MessagePackLimits.Options));
}

/// <summary>Decodes events, and turns those of old types until they are of one that nothing turns.</summary>
internal sealed class UpcastingFormat<TEvent>(IPayloadFormat<TEvent> inner, IReadOnlyDictionary<Type, EventUpcaster<TEvent>> upcasters) : IPayloadFormat<TEvent>
{
    private const int MostSteps = 100;

    public byte Number => inner.Number;

    /// <summary>Whether events of a type become others when they are read.</summary>
    public bool Turns(Type type) => upcasters.ContainsKey(type);

    public void Encode(TEvent value, System.Buffers.IBufferWriter<byte> target) => inner.Encode(value, target);

    public TEvent Decode(ReadOnlyMemory<byte> payload)
    {
        TEvent value = inner.Decode(payload);
        for (int step = 0; value is not null && upcasters.TryGetValue(value.GetType(), out EventUpcaster<TEvent>? upcaster); step++)
        {
            if (step == MostSteps)
                throw new InvalidOperationException($"The upcasters of {typeof(TEvent)} lead in a circle through {value.GetType()}.");
            value = upcaster.Upcast(value);
        }

        return value;
    }
}
