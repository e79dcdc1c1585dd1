using System.Globalization;
using System.Text.Json.Nodes;

namespace Actors.Explorer.Reading;

/// <summary>Finds a value in JSON by a pointer (RFC 6901).</summary>
internal static class JsonPointer
{
    /// <summary>Returns the value; null when there is none, or when it is null.</summary>
    public static JsonNode? Find(JsonNode? root, string pointer)
    {
        JsonNode? node = root;
        foreach (string part in pointer.Split('/').Skip(1))
        {
            string name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            node = node switch
            {
                JsonObject members => members[name],
                JsonArray items when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int i) && i < items.Count => items[i],
                _ => null,
            };
        }

        return node;
    }
}
