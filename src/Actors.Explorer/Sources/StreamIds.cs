using Actors.Explorer.Stores;
using Actors.Wal;

namespace Actors.Explorer.Sources;

/// <summary>Stream ids that a person has typed, or that stand in an address.</summary>
internal static class StreamIds
{
    /// <summary>Returns the id; null when the text can't be one.</summary>
    public static LogStreamId? TryParse(string text)
    {
        try
        {
            return new LogStreamId(text);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <exception cref="ExplorerException">The text can't be an id.</exception>
    public static LogStreamId Parse(string text)
    {
        try
        {
            return new LogStreamId(text);
        }
        catch (ArgumentException e)
        {
            throw new ExplorerException($"This is no stream id: {e.Message}", e);
        }
    }
}
