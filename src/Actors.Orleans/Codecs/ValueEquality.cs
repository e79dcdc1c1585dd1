using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Actors.Orleans.Codecs;

/// <summary>
/// Compares two values that were decoded from bytes: by their fields, whatever the order of dictionaries and sets. Types of
/// the system that are no collections are compared by their own Equals.
/// </summary>
internal static class ValueEquality
{
    public static bool Same(object? one, object? other) => Same(one, other, new HashSet<(object, object)>(SamePair.Instance));

    private static bool Same(object? one, object? other, HashSet<(object, object)> underWay)
    {
        if (ReferenceEquals(one, other))
            return true;
        if (one is null || other is null || one.GetType() != other.GetType())
            return false;
        Type type = one.GetType();
        if (type.IsPrimitive || type.IsEnum || one is string)
            return one.Equals(other);

        if (type.IsValueType)
            return SameContents(type, one, other, underWay);

        // A pair that is already being compared further up counts as the same. The other fields decide.
        if (!underWay.Add((one, other)))
            return true;
        bool same = SameContents(type, one, other, underWay);
        underWay.Remove((one, other));
        return same;
    }

    private static bool SameContents(Type type, object one, object other, HashSet<(object, object)> underWay)
    {
        if (one is IDictionary dictionary)
            return SameInAnyOrder(Entries(dictionary), Entries((IDictionary)other), underWay);
        if (IsSet(type))
            return SameInAnyOrder(Elements(one), Elements(other), underWay);
        if (one is IEnumerable)
            return SameInOrder(Elements(one), Elements(other), underWay);
        return IsOfSystem(type) && !type.IsGenericType ? one.Equals(other) : SameFields(type, one, other, underWay);
    }

    private static bool SameInOrder(List<object?> one, List<object?> other, HashSet<(object, object)> underWay)
        => one.Count == other.Count && one.Zip(other).All(p => Same(p.First, p.Second, underWay));

    private static bool SameInAnyOrder(List<object?> one, List<object?> other, HashSet<(object, object)> underWay)
    {
        if (one.Count != other.Count)
            return false;

        // Elements of types without their own hash code are searched among all elements.
        var byHash = other.ToLookup(Hash);
        var found = new HashSet<object>(ReferenceEqualityComparer.Instance);
        return one.All(a => byHash[Hash(a)].Concat(other).Any(b => !found.Contains(b!) && Same(a, b, underWay) && found.Add(b!)));
    }

    private static int Hash(object? element) => element switch
    {
        null => 0,
        Entry entry => Hash(entry.Key),
        _ => element.GetHashCode(),
    };

    private static bool SameFields(Type type, object one, object other, HashSet<(object, object)> underWay)
    {
        for (Type? level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            foreach (FieldInfo field in level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (!Same(field.GetValue(one), field.GetValue(other), underWay))
                    return false;
            }
        }

        return true;
    }

    private static List<object?> Entries(IDictionary dictionary)
    {
        var entries = new List<object?>(dictionary.Count);
        foreach (DictionaryEntry entry in dictionary)
            entries.Add(new Entry(entry.Key, entry.Value));
        return entries;
    }

    private static List<object?> Elements(object collection) => [.. ((IEnumerable)collection).Cast<object?>()];

    private static bool IsSet(Type type)
        => type.GetInterfaces().Any(i => i.IsGenericType && (i.GetGenericTypeDefinition() == typeof(ISet<>) || i.GetGenericTypeDefinition() == typeof(IReadOnlySet<>)));

    private static bool IsOfSystem(Type type) => type.Namespace is { } name && (name == "System" || name.StartsWith("System.", StringComparison.Ordinal));

    private sealed class SamePair : IEqualityComparer<(object One, object Other)>
    {
        public static SamePair Instance { get; } = new();

        public bool Equals((object One, object Other) x, (object One, object Other) y) => ReferenceEquals(x.One, y.One) && ReferenceEquals(x.Other, y.Other);

        public int GetHashCode((object One, object Other) pair) => HashCode.Combine(RuntimeHelpers.GetHashCode(pair.One), RuntimeHelpers.GetHashCode(pair.Other));
    }

    private sealed class Entry(object key, object? value)
    {
        public object Key { get; } = key;

        public object? Value { get; } = value;
    }
}
