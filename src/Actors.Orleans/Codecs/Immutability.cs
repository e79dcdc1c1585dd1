using System.Collections.Concurrent;
using System.Reflection;

namespace Actors.Orleans.Codecs;

/// <summary>
/// Tells whether objects of a type can never change: all fields are read-only, as those behind <c>init</c> are, and their types are
/// immutable too. The type of a field must be sealed, because a derived type could have a setter.
/// </summary>
internal static class Immutability
{
    private static readonly ConcurrentDictionary<Type, bool> Known = new();

    public static bool Of(Type type) => Known.GetOrAdd(type, static t => IsImmutable(t, []));

    private static bool IsImmutable(Type type, HashSet<Type> underWay)
    {
        if (type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(Uri) || type == typeof(Version) || type.IsDefined(typeof(ImmutableAttribute), inherit: false))
            return true;
        if (type.IsArray || type.IsInterface || type.IsPointer || type == typeof(object))
            return false;
        if (type.Namespace is "System.Collections.Immutable" or "System.Collections.Frozen")
            return type.GenericTypeArguments.All(a => IsField(a, underWay));

        // A type that contains itself is immutable if its other fields are.
        return !underWay.Add(type) || Fields(type).All(f => (f.IsInitOnly || type.IsValueType) && IsField(f.FieldType, underWay));
    }

    private static bool IsField(Type type, HashSet<Type> underWay) => (type.IsValueType || type.IsSealed || type == typeof(Uri)) && IsImmutable(type, underWay);

    private static IEnumerable<FieldInfo> Fields(Type type)
    {
        for (Type? level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            foreach (FieldInfo field in level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                yield return field;
        }
    }
}
