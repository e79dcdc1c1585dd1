using Orleans.Journaling;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>The properties that callers give a journal, and the journal's incarnation.</summary>
internal static class JournalProperties
{
    /// <summary>
    /// A random name that a journal gets when it is created. It distinguishes its metadata from metadata that a deleted journal of the same
    /// id left behind. Callers' properties never begin with <c>$</c>.
    /// </summary>
    public const string Incarnation = "$id";

    /// <summary>Returns an upper bound of the bytes that properties take in a record.</summary>
    public static int MostBytes(IReadOnlyDictionary<string, string> properties)
        => properties.Sum(static p => 16 + (3 * (p.Key.Length + p.Value.Length)));

    /// <summary>Validates the properties that a caller gives a new journal.</summary>
    /// <exception cref="ArgumentException">A name is not allowed.</exception>
    public static Dictionary<string, string> OfNew(IReadOnlyDictionary<string, string>? properties)
        => new(new JournalMetadata(null, null, properties).Properties, StringComparer.Ordinal);

    /// <summary>Validates a change without making it.</summary>
    /// <exception cref="ArgumentException">A name is not allowed, or is both set and removed.</exception>
    public static void RequireChange(IReadOnlyDictionary<string, string>? set, IReadOnlyCollection<string>? remove) => Changed(OfNew(null), set, remove);

    /// <summary>Returns the properties after a change; null when nothing changes.</summary>
    /// <exception cref="ArgumentException">A name is not allowed, or is both set and removed.</exception>
    public static Dictionary<string, string>? Changed(IReadOnlyDictionary<string, string> properties, IReadOnlyDictionary<string, string>? set, IReadOnlyCollection<string>? remove)
    {
        Dictionary<string, string> wanted = OfNew(set);
        var changed = new Dictionary<string, string>(properties, StringComparer.Ordinal);
        bool isChanged = false;
        foreach (string name in remove ?? [])
        {
            OfNew(new Dictionary<string, string> { [name] = "" });
            if (wanted.ContainsKey(name))
                throw new ArgumentException($"The journal's property '{name}' can't be set and removed at once.", nameof(remove));
            isChanged |= changed.Remove(name);
        }

        foreach ((string name, string value) in wanted)
        {
            isChanged |= !changed.TryGetValue(name, out string? known) || known != value;
            changed[name] = value;
        }

        return isChanged ? changed : null;
    }
}
