using System.IO.Hashing;
using System.Reflection;
using System.Text;

namespace Actors.Orleans.Codecs;

/// <summary>Finds the version of a state's type.</summary>
internal static class StateVersion
{
    /// <summary>Returns the version; null for a type without <see cref="GrainStateVersionAttribute"/>.</summary>
    public static ulong? Of(Type state)
        => state.GetCustomAttribute<GrainStateVersionAttribute>() is { } attribute
            ? attribute.Version is { } number ? (ulong)number : HashOf(state)
            : null;

    /// <summary>Returns a hash of a type's shape. Its highest bit is set, so it never equals a version by number.</summary>
    private static ulong HashOf(Type state)
    {
        var shape = new StringBuilder();
        Describe(state, shape, []);
        return XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(shape.ToString())) | (1UL << 63);
    }

    private static void Describe(Type type, StringBuilder shape, HashSet<Type> seen)
    {
        if (type.HasElementType)
        {
            Describe(type.GetElementType()!, shape, seen);
            return;
        }

        foreach (Type argument in type.GenericTypeArguments)
            Describe(argument, shape, seen);
        if (IsOfSystem(type) || !seen.Add(type))
            return;
        shape.Append(type.Name).Append('{');
        if (type.IsEnum)
            shape.AppendJoin(',', Enum.GetNames(type).Order(StringComparer.Ordinal));
        List<Type> members = [];
        for (Type? level = type; level is not null && level != typeof(object) && level != typeof(ValueType) && !type.IsEnum; level = level.BaseType)
        {
            foreach (FieldInfo field in level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly).OrderBy(f => f.Name, StringComparer.Ordinal))
            {
                shape.Append(field.Name).Append(':').Append(NameOf(field.FieldType)).Append(';');
                members.Add(field.FieldType);
            }
        }

        shape.Append('}');
        foreach (Type member in members)
            Describe(member, shape, seen);
    }
    /// <summary>Returns a type's name. A type of the program is named without its namespace, because it may be moved to another one.</summary>
    private static string NameOf(Type type)
        => type.HasElementType ? NameOf(type.GetElementType()!) + "[]"
            : (IsOfSystem(type) ? $"{type.Namespace}.{type.Name}" : type.Name) + string.Concat(type.GenericTypeArguments.Select(a => $"<{NameOf(a)}>"));

    private static bool IsOfSystem(Type type) => type.Namespace is { } name && (name == "System" || name.StartsWith("System.", StringComparison.Ordinal));
}
