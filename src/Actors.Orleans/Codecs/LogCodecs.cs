using System.Reflection;
using MessagePack;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.Session;

namespace Actors.Orleans.Codecs;

/// <summary>Chooses and makes the codecs of states and events.</summary>
internal sealed class LogCodecs(IServiceProvider services)
{
    public PayloadCodec<T> ForState<T>(LogCodec wanted)
        => new(State<T>(Choose(typeof(T), wanted)), number => Enum.IsDefined((LogCodec)number) && number != 0 ? State<T>((LogCodec)number) : null);

    public CheckpointCodec<T> ForCheckpoint<T>(LogCodec wanted)
    {
        StateUpcaster<T>[] upcasters = [.. services.GetServices<StateUpcaster<T>>()];
        return new CheckpointCodec<T>(
            ForState<T>(wanted),
            StateVersion.Of(typeof(T)),
            (version, record) => (Array.Find(upcasters, u => !u.IsAny && u.Version == version) ?? Array.Find(upcasters, u => u.IsAny)) is { } upcaster ? (true, upcaster.Read(this, wanted, record)) : (false, default));
    }

    /// <summary>As <see cref="ForCheckpoint"/>; null for a state that is not serializable.</summary>
    public CheckpointCodec<T>? TryForCheckpoint<T>(LogCodec wanted, out CodecNotFoundException? error)
    {
        error = null;
        try
        {
            // A serializer finds its codec only when it is used, so the codec is looked up here.
            if (Choose(typeof(T), wanted) == LogCodec.Orleans)
                services.GetRequiredService<CodecProvider>().GetCodec<T>();
            return ForCheckpoint<T>(wanted);
        }
        catch (CodecNotFoundException e)
        {
            error = e;
            return null;
        }
    }

    public PayloadCodec<T> ForEvent<T>(LogCodec wanted)
        => new(Event<T>(Choose(typeof(T), wanted)), number => Enum.IsDefined((LogCodec)number) && number != 0 ? Event<T>((LogCodec)number) : null, isEvent: true);

    /// <summary>Returns the wanted codec, or the one that <see cref="LogCodec.Auto"/> means for a type.</summary>
    public static LogCodec Choose(Type type, LogCodec wanted)
    {
        if (wanted != LogCodec.Auto)
            return wanted;
        bool marked = type.IsDefined(typeof(MessagePackObjectAttribute), inherit: false) || type.IsDefined(typeof(UnionAttribute), inherit: false);
        return marked ? LogCodec.MessagePack : LogCodec.Orleans;
    }

    private IPayloadFormat<T> State<T>(LogCodec codec) => codec == LogCodec.MessagePack ? new MessagePackFormat<T>() : Orleans<T>();

    private IPayloadFormat<T> Event<T>(LogCodec codec)
    {
        List<EventUpcaster<T>> upcasters = [.. services.GetServices<EventUpcaster<T>>()];
        IPayloadFormat<T> format = Event(codec, upcasters);
        return upcasters.Count == 0 ? format : new UpcastingFormat<T>(format, upcasters.ToDictionary(u => u.Old));
    }

    private IPayloadFormat<T> Event<T>(LogCodec codec, IReadOnlyCollection<EventUpcaster<T>> upcasters)
    {
        if (codec != LogCodec.MessagePack)
            return Orleans<T>();
        if (typeof(T).IsDefined(typeof(UnionAttribute), inherit: false))
            return new UnionMessagePackFormat<T>();
        string alias = typeof(T).GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias
            ?? throw new OrleansConfigurationException($"Event type {typeof(T)} has no alias; give it [Alias(\"…\")].");
        return new AliasedMessagePackFormat<T>(alias, upcasters);
    }

    private OrleansFormat<T> Orleans<T>() => new(services.GetRequiredService<Serializer<T>>(), services.GetRequiredService<SerializerSessionPool>());
}
