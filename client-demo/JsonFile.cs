using System.Text.Json;
using System.Text.Json.Serialization;

namespace Actors.ClientDemo;

/// <summary>The file that <c>--json</c> names.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <exception cref="DemoException">Its directory does not exist. A run checks this before it starts.</exception>
    public static void RequireDirectory(FileInfo? file)
    {
        if (file?.Directory is { Exists: false } missing)
            throw new DemoException($"--json: there is no directory '{missing}'.");
    }

    public static void Write<T>(FileInfo file, T result)
        => File.WriteAllText(file.FullName, JsonSerializer.Serialize(result, Options) + Environment.NewLine);
}
