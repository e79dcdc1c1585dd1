using Microsoft.Extensions.Configuration;

namespace Actors.Orleans.Hosting;

/// <summary>The section of a provider that keeps its data in a write-ahead log which another section sets up.</summary>
internal static class LogNameSection
{
    public const string Key = "LogName";

    /// <summary>Returns the log's name.</summary>
    /// <param name="section">The provider's section.</param>
    /// <param name="others">Other settings that the section may have.</param>
    /// <exception cref="OrleansConfigurationException">The section has an unknown setting.</exception>
    public static string Read(IConfigurationSection section, params string[] others)
    {
        string[] known = ["ProviderType", Key, .. others];
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (!known.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                throw new OrleansConfigurationException($"{child.Path} is no setting of a provider that uses a write-ahead log; there are {string.Join(", ", known)}. The log's own settings belong to Orleans:GrainStorage:LOGNAME.");
        }

        return section[Key] is { Length: > 0 } name ? name : WriteAheadLogOptions.DefaultName;
    }
}
