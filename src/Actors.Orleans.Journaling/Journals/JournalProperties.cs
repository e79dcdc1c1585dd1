using Orleans.Journaling;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>Changes the properties that callers give a journal.</summary>
internal static class JournalProperties
{
    /// <summary>More than they take in a record.</summary>
    public static int MostBytes(IReadOnlyDictionary<string, string> properties)
        => properties.Sum(static p => 16 + (3 * (p.Key.Length + p.Value.Length)));

    /// <summary>The properties after a change; null when nothing changes.</summary>
    /// <exception cref="ArgumentException">A name is not allowed, or is both set and removed.</exception>
    public static Dictionary<string, string>? Changed(IReadOnlyDictionary<string, string> properties, IReadOnlyDictionary<string, string>? set, IEnumerable<string>? remove)
    {
        IReadOnlyDictionary<string, string> wanted = new JournalMetadata(null, null, set).Properties;
        var changed = new Dictionary<string, string>(properties, StringComparer.Ordinal);
        bool isChanged = false;
        foreach (string name in remove ?? [])
        {
            _ = new JournalMetadata(null, null, new Dictionary<string, string> { [name] = "" }); // refuses names that are not callers'
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
