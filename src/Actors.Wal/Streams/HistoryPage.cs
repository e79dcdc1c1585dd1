using Actors.Wal.Format;

namespace Actors.Wal.Streams;

/// <summary>
/// A page of events that are gathered in descending and returned in ascending order. It keeps their frames while these fit
/// into a bounded buffer, and after that only their locations.
/// </summary>
internal sealed class HistoryPage
{
    private const int InitialBytes = 1024;
    private const int MaxKeptBytes = 1024 * 1024;

    private readonly List<(FrameLocation Location, int Offset, int Length)> _entries = [];
    private byte[] _kept = [];
    private int _used;

    public int Count => _entries.Count;

    public bool HasRoomFor(int frameBytes) => frameBytes <= MaxKeptBytes - _used;

    public void Keep(FrameLocation location, ReadOnlySpan<byte> frame)
    {
        if (_kept.Length < _used + frame.Length)
            Array.Resize(ref _kept, Math.Min(MaxKeptBytes, Math.Max(_used + frame.Length, Math.Max(InitialBytes, _kept.Length * 2))));
        frame.CopyTo(_kept.AsSpan(_used));
        _entries.Add((location, _used, frame.Length));
        _used += frame.Length;
    }

    public void Note(FrameLocation location) => _entries.Add((location, 0, 0));

    public bool IsKept(int index) => _entries[index].Length > 0;

    public ReadOnlyMemory<byte> FrameAt(int index) => _kept.AsMemory(_entries[index].Offset, _entries[index].Length);

    public FrameLocation LocationAt(int index) => _entries[index].Location;

    public void Clear()
    {
        _entries.Clear();
        _used = 0;
    }
}
