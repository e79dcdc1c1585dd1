using System.Runtime.InteropServices;

namespace Actors.Wal;

/// <summary>
/// Copies the caller's arguments before they are encoded: lists, and memory that is not backed by an array. Later reads then run
/// no code of the caller, and can't fail.
/// </summary>
internal static class CallerData
{
    public static EventData Take(EventData data)
        => MemoryMarshal.TryGetArray(data.Payload, out _) ? data : data with { Payload = data.Payload.ToArray() };

    public static EventData[] Take(IReadOnlyList<EventData> events)
    {
        var taken = new EventData[events.Count];
        for (int i = 0; i < taken.Length; i++)
            taken[i] = Take(events[i]);
        return taken;
    }

    public static StreamAppend[] Take(IReadOnlyList<StreamAppend> appends)
    {
        var taken = new StreamAppend[appends.Count];
        for (int i = 0; i < taken.Length; i++)
            taken[i] = appends[i] with { Events = Take(appends[i].Events) };
        return taken;
    }
}
