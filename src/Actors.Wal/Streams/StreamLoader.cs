using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Reading;
using Actors.Wal.Segments;

namespace Actors.Wal.Streams;

/// <summary>Reads the state of a closed stream: its last frame, its last checkpoint, and the spine for the jumps of its next events.</summary>
internal sealed class StreamLoader(StreamIndex index, SegmentSet segments, ulong storeSeed, ulong hashSeed)
{
    private readonly LoadedFrames _loaded = new();

    public StreamState Load(LogStreamId id)
    {
        byte[] idBytes = id.ToBytes();
        var readers = new StreamReaders(NewReader(), NewReader());
        StreamState stream = Load(id, idBytes, Checksum.OfStream(idBytes, hashSeed), ref readers);
        if (stream.Indexed is not null)
            _loaded.Keep(stream, readers);
        return stream;
    }

    /// <summary>Loads a stream with a reader that serves many of them.</summary>
    public StreamState Load(LogStreamId id, byte[] idBytes, ulong hash, FrameReader reader)
    {
        var readers = new StreamReaders(reader, reader);
        return Load(id, idBytes, hash, ref readers);
    }

    /// <summary>Returns readers for the history of a stream: those that have loaded it, or new ones.</summary>
    public StreamReaders ReadersOf(StreamState stream)
    {
        if (_loaded.Take(stream) is { } readers)
            return readers;
        FrameReader reader = NewReader();
        return new StreamReaders(reader, reader);
    }

    /// <summary>Returns all streams of the index.</summary>
    /// <param name="writeBack">Brings the index up to date.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="LogCorruptException">Some streams are damaged. Thrown after all others were given.</exception>
    public IEnumerable<StreamInfo> DescribeAll(Action writeBack, CancellationToken cancellationToken)
    {
        writeBack();
        var damages = new List<LogCorruptException>();
        foreach (IndexEntry entry in index.Heads())
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (StreamInfo info in Describe(entry, writeBack, damages))
                yield return info;
        }

        if (damages is [var first, ..])
            throw new LogCorruptException($"{damages.Count} damaged streams can't be listed; all others were given. The first damage:", first.File, first.OffsetBytes, first.Lsn, first);
    }

    private IReadOnlyList<StreamInfo> Describe(IndexEntry entry, Action writeBack, List<LogCorruptException> damages)
    {
        try
        {
            if (Describe(new FrameLocation(entry.Location)) is { } info)
                return [info];

            // The stream has newer frames, and compaction has dropped the one that was its last.
            writeBack();
            return [.. index.Find(entry.Hash).Select(Describe).OfType<StreamInfo>()];
        }
        catch (LogCorruptException e)
        {
            damages.Add(e);
            return [];
        }
    }

    /// <summary>Returns the stream that has this head frame, for listings; null when the frame was dropped since.</summary>
    public StreamInfo? Describe(FrameLocation head)
    {
        FrameReader reader = NewReader();
        if (reader.TryRead(head, out FrameHeader header) is not { } frame)
            return null;
        byte[] idBytes = Records.IdOf(header, frame).ToArray();
        LogStreamId id = LogStreamId.FromBytes(idBytes) ?? throw reader.Damaged(head, "A frame's stream id is no name.");
        var readers = new StreamReaders(reader, reader);
        StreamView view = Load(id, idBytes, header.StreamHash, head, header, frame, ref readers).Pending;
        return new StreamInfo(id, view.Head, view.First, view.Checkpoint);
    }

    private FrameReader NewReader() => new(segments, storeSeed);

    private StreamState Load(LogStreamId id, byte[] idBytes, ulong hash, ref StreamReaders readers)
    {
        foreach (FrameLocation head in index.Find(hash))
        {
            ReadOnlyMemory<byte> frame = readers.Events.Read(head, out FrameHeader header);
            if (Records.IdOf(header, frame).Span.SequenceEqual(idBytes))
                return Load(id, idBytes, hash, head, header, frame, ref readers);
        }

        return new StreamState(id, idBytes, hash, default, default);
    }

    /// <summary>
    /// Loads a stream from its head frame, which was read with the reader of events. If the head is a checkpoint, the readers change places.
    /// </summary>
    private static StreamState Load(
        LogStreamId id, byte[] idBytes, ulong hash, FrameLocation head, FrameHeader header, ReadOnlyMemory<byte> frame, ref StreamReaders readers)
    {
        var view = new StreamView { HeadLocation = head };
        bool isAnchor = AnchorExtension.IsPresent(header);
        view.Anchor = isAnchor ? head : header.Anchor;
        if (isAnchor)
        {
            view.Dropped = DroppedBy(header, frame);
            readers = new StreamReaders(readers.Checkpoint, readers.Events);
        }

        FrameReader reader = readers.Events;
        FrameHeader last = header;
        FrameLocation at = head;
        ReadCheckpoint(ref view, readers.Checkpoint, out Spine spineAtCheckpoint);

        // The head frame may be a checkpoint or a truncation; the last event is then a few frames before it.
        while (last.Kind is not (LogRecordKind.Event or LogRecordKind.State) && last.Previous is { } previous)
        {
            if (reader.TryRead(previous, out FrameHeader before) is null)
            {
                // All events up to the last checkpoint may have been dropped. The checkpoint then has the last event's sequence.
                if (view.First != view.CheckpointSequence.Next)
                    throw reader.Damaged(previous, $"The last event of stream '{id}' is missing.");
                break;
            }

            at = previous;
            last = before;
        }

        view.Head = last.Kind is LogRecordKind.Event or LogRecordKind.State ? last.Sequence : view.CheckpointSequence;
        if (!view.IsInBounds)
            throw reader.Damaged(head, $"Stream '{id}' can't be: its head is {view.Head}, it keeps events from {view.First} on, and its last checkpoint is {(view.Checkpoint is { } c ? $"at {c}" : "missing")}.");
        return new StreamState(id, idBytes, hash, view, ReadSpine(at, last, view, spineAtCheckpoint, reader));
    }

    private static void ReadCheckpoint(ref StreamView view, FrameReader reader, out Spine spine)
    {
        spine = default;
        bool firstAnchor = true;
        for (FrameLocation? next = view.Anchor; next is { } location;)
        {
            ReadOnlyMemory<byte> frame = reader.Read(location, out FrameHeader header);
            if (!AnchorExtension.IsPresent(header))
                throw reader.Damaged(location, "A frame that should be a checkpoint is none.");
            if (firstAnchor)
                view.Dropped = DroppedBy(header, frame);
            firstAnchor = false;
            if (header.Kind is LogRecordKind.Checkpoint or LogRecordKind.State)
            {
                view.CheckpointLocation = location;
                view.CheckpointSequence = header.Sequence;
                for (int level = 0; level < Spine.MaxLevels; level++)
                {
                    if (AnchorExtension.ReadSpine(frame.Span, header, level) is not 0 and ulong entry)
                        spine.Set(level, entry);
                }

                return;
            }

            next = header.Anchor;
        }
    }

    /// <summary>Reads the spine from the jumps of the events after the last checkpoint, and the rest from the checkpoint.</summary>
    private static Spine ReadSpine(FrameLocation at, FrameHeader header, in StreamView view, Spine atCheckpoint, FrameReader reader)
    {
        if (view.CheckpointLocation is { } anchor && at.CompareTo(anchor) <= 0)
            return atCheckpoint;

        Spine spine = default;
        int filled = 0;
        while (true)
        {
            for (int level = Spine.Level(header.Sequence.Value); filled < level; filled++)
                spine.Set(filled, at.Value);
            if (header.Jump is not { } jump || (view.CheckpointLocation is { } checkpoint && jump.CompareTo(checkpoint) <= 0))
                break;
            at = jump;
            reader.Read(at, out header);
        }

        for (; filled < atCheckpoint.Count; filled++)
            spine.Set(filled, atCheckpoint[filled]);
        return spine;
    }

    private static Sequence DroppedBy(in FrameHeader header, ReadOnlyMemory<byte> frame)
        => new(AnchorExtension.ReadFirst(frame.Span).Value - 1);
}
