using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Actors.Explorer.Components.Parts;

internal enum DiffKind
{
    Same,
    Changed,
    Added,
    Removed,
}

/// <param name="Path">The field, as a JSON pointer.</param>
/// <param name="Kind">What happened to it.</param>
/// <param name="Before">Its value before, as JSON, if it was changed or removed.</param>
/// <param name="After">Its value after, unless it was removed.</param>
internal sealed record DiffLine(string Path, DiffKind Kind, string? Before, string? After);

/// <summary>Compares two states field by field. A field is a value that is neither an object nor an array, or an empty one.</summary>
internal static class JsonDiff
{
    // More fields than a person looks through.
    private const int MostLines = 2000;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the fields in the order of the state after, each removed one where it was. No state has no fields.</summary>
    public static IReadOnlyList<DiffLine> Of(string? before, string? after)
    {
        Dictionary<string, string> old = before is null ? [] : Fields(before).ToDictionary(f => f.Path, f => f.Json);
        List<(string Path, string Json)> now = after is null ? [] : [.. Fields(after)];
        var lines = new List<DiffLine>();
        HashSet<string> kept = [.. now.Select(f => f.Path)];
        foreach ((string path, string json) in now)
        {
            lines.Add(old.TryGetValue(path, out string? was)
                ? was == json ? new DiffLine(path, DiffKind.Same, null, json) : new DiffLine(path, DiffKind.Changed, was, json)
                : new DiffLine(path, before is null ? DiffKind.Same : DiffKind.Added, null, json));
        }

        lines.AddRange(old.Where(f => !kept.Contains(f.Key)).Select(f => new DiffLine(f.Key, DiffKind.Removed, f.Value, null)));
        return lines.Count <= MostLines ? lines : [.. lines.OrderBy(l => l.Kind == DiffKind.Same).Take(MostLines)];
    }

    private static IEnumerable<(string Path, string Json)> Fields(string json)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            // A mask may have returned something else.
            return [("", json)];
        }

        return Fields("", root);
    }

    private static IEnumerable<(string Path, string Json)> Fields(string path, JsonNode? node) => node switch
    {
        JsonObject { Count: > 0 } members => members.SelectMany(m => Fields($"{path}/{Escape(m.Key)}", m.Value)),
        JsonArray { Count: > 0 } items => items.SelectMany((item, i) => Fields($"{path}/{i}", item)),
        _ => [(path, node?.ToJsonString(Relaxed) ?? "null")],
    };

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
