using Orleans.EventSourcing;

namespace Actors.Orleans.JournaledGrains;

/// <summary>Recognizes journaled grain classes.</summary>
internal static class JournaledGrainTypes
{
    /// <summary>The <see cref="JournaledGrain{TGrainState, TEventBase}"/> that a class derives from, or null.</summary>
    public static Type? BaseOf(Type? grain)
    {
        while (grain is not null && !(grain.IsGenericType && grain.GetGenericTypeDefinition() == typeof(JournaledGrain<,>)))
            grain = grain.BaseType;
        return grain;
    }
}
