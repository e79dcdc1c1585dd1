using Actors.Wal.Format;

namespace Actors.Wal.Salvage;

/// <summary>A frame that validates, with what is needed to choose between frames and to read it again.</summary>
/// <param name="Location">The location at which it was first written.</param>
/// <param name="Lsn">Its LSN.</param>
/// <param name="Sequence">Its sequence.</param>
/// <param name="First">For a checkpoint, state record or truncation: the first event that the stream keeps.</param>
/// <param name="File">The number of the scanned file that it is in.</param>
/// <param name="PlaceBytes">The offset in the file of the frame, or of its block in a cold segment.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Stream">The number of its stream in <see cref="StreamNames"/>.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Previous">The location of the stream's previous frame; null when there was none.</param>
/// <param name="HasAnchor">Whether the stream had a checkpoint, state record or truncation before it.</param>
internal readonly record struct FoundFrame(
    FrameLocation Location,
    Lsn Lsn,
    Sequence Sequence,
    Sequence First,
    int File,
    long PlaceBytes,
    int LengthBytes,
    int Stream,
    LogRecordKind Kind,
    FrameLocation? Previous,
    bool HasAnchor)
{
    public bool IsEvent => Kind is LogRecordKind.Event or LogRecordKind.State;

    public bool IsCheckpoint => Kind is LogRecordKind.Checkpoint or LogRecordKind.State;

    public static FoundFrame Of(in FrameHeader header, ReadOnlySpan<byte> bytes, FrameLocation location, int file, long placeBytes, int stream)
        => new(
            location,
            header.Lsn,
            header.Sequence,
            AnchorExtension.IsPresent(header) ? AnchorExtension.ReadFirst(bytes) : default,
            file,
            placeBytes,
            header.LengthBytes,
            stream,
            header.Kind,
            header.Previous,
            header.Anchor is not null);
}

/// <summary>Numbers the streams of the frames that were found.</summary>
internal sealed class StreamNames
{
    private readonly Dictionary<LogStreamId, int> _numbers = [];
    private readonly List<LogStreamId> _names = [];

    public int Count => _names.Count;

    public LogStreamId this[int number] => _names[number];

    public int NumberOf(LogStreamId name)
    {
        if (_numbers.TryGetValue(name, out int number))
            return number;
        _numbers.Add(name, _names.Count);
        _names.Add(name);
        return _names.Count - 1;
    }
}
