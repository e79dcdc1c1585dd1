using System.Reflection;
using MessagePack;

namespace Actors.Orleans.Codecs;

/// <summary>
/// Checks that every event type has a name of its author's choice in the log: a union key or an alias. With a CLR name in
/// the log, renaming or moving a class would break history, and the error would come years later, on replay.
/// </summary>
internal static class EventTypeCheck
{
    public static IEnumerable<string> Problems(Type eventType, LogCodec wanted)
        => LogCodecs.Choose(eventType, wanted) == LogCodec.MessagePack ? MessagePackProblems(eventType) : OrleansProblems(eventType);

    private static IEnumerable<string> MessagePackProblems(Type eventType)
    {
        var named = eventType.GetCustomAttributes<UnionAttribute>(inherit: false).Select(u => u.SubType).ToHashSet();
        if (named.Count == 0)
        {
            if (eventType.IsAbstract)
                yield return $"event type {eventType} is abstract and names no subtypes; give it [Union(key, type)] for each event.";
            else if (!eventType.IsDefined(typeof(AliasAttribute), inherit: false))
                yield return $"event type {eventType} has no alias; give it [Alias(\"…\")], or derive events from an abstract type with [Union(key, type)].";
            yield break;
        }

        foreach (Type missing in Concrete(eventType).Where(t => !named.Contains(t)))
            yield return $"event type {missing} is not among the [Union(key, type)] attributes of {eventType}.";
    }

    private static IEnumerable<string> OrleansProblems(Type eventType)
    {
        foreach (Type type in Concrete(eventType))
        {
            if (!type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false) && type.Assembly == eventType.Assembly && !type.IsPrimitive && type != typeof(string))
                yield return $"event type {type} can't be serialized; give it [GenerateSerializer] and [Alias(\"…\")], or mark it for MessagePack.";
            else if (!type.IsDefined(typeof(AliasAttribute), inherit: false))
                yield return $"event type {type} has no alias; give it [Alias(\"…\")].";
        }
    }

    /// <summary>The event types that can be known at start: those in the base type's own assembly.</summary>
    private static IEnumerable<Type> Concrete(Type eventType)
        => eventType.Assembly.GetTypes().Where(t => t is { IsAbstract: false, IsGenericTypeDefinition: false } && eventType.IsAssignableFrom(t));
}
