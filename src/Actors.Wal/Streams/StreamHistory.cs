using Actors.Wal.Format;
using Actors.Wal.Reading;

namespace Actors.Wal.Streams;

/// <summary>
/// Reads one stream as of a published view of it, backwards from its head. Every returned record is validated: the frame's
/// checksum, the stream's full id and the record's sequence.
/// </summary>
internal sealed class StreamHistory(StreamState stream, StreamView view, StreamReaders readers)
{
    private readonly FrameReader _reader = readers.Events;

    // The number of events that are gathered backwards before they are returned forwards.
    private const int PageEvents = 1024;

    /// <summary>Returns the last checkpoint, then the events after it.</summary>
    public IEnumerable<LogRecord> Replay()
    {
        if (view.CheckpointLocation is { } location)
        {
            LogRecord checkpoint = RecordOf(OfStream(readers.Checkpoint.Read(location, out FrameHeader header), location, header));
            if (checkpoint.Sequence != view.CheckpointSequence)
                throw _reader.Damaged(location, $"The last checkpoint of stream '{stream.Id}' is not the expected one.");
            yield return checkpoint;
        }

        Sequence from = view.Checkpoint is { } at && at.Next > view.First ? at.Next : view.First;
        foreach (LogRecord record in Forward(from, view.Head))
            yield return record;
    }

    /// <summary>Returns events in ascending order.</summary>
    public IEnumerable<LogRecord> Forward(Sequence from, Sequence to)
    {
        if (from < view.First)
            from = view.First;
        if (to > view.Head)
            to = view.Head;
        var page = new HistoryPage();
        while (from <= to)
        {
            var last = new Sequence(Math.Min(to.Value, from.Value + PageEvents - 1));
            Gather(page, from, last);
            for (int i = page.Count - 1; i >= 0; i--)
            {
                yield return page.IsKept(i) ? RecordOf(page.FrameAt(i)) : ReadEvent(page.LocationAt(i), from);
                from = from.Next;
            }
        }
    }

    /// <summary>Returns events in descending order.</summary>
    public IEnumerable<LogRecord> Backward(Sequence from, Sequence to)
    {
        if (from > view.Head)
            from = view.Head;
        if (to < view.First)
            to = view.First;
        if (from < to)
            yield break;
        FrameLocation location = Seek(from);
        for (Sequence sequence = from; ; sequence = new Sequence(sequence.Value - 1))
        {
            yield return ReadEvent(location, sequence);
            if (sequence == to)
                yield break;
            FrameHeader header = HeaderAt(location);
            location = PreviousEvent(location, ref header);
        }
    }

    /// <summary>Returns the nearest checkpoint at or before an event, then the events up to it.</summary>
    /// <exception cref="HistoryTruncatedException">Records that it needs were dropped.</exception>
    public IEnumerable<LogRecord> AsOf(Sequence sequence)
    {
        if (sequence > view.Head)
            sequence = view.Head;
        if (sequence == Sequence.Zero)
            yield break;
        Sequence from = view.First;
        if (CheckpointAt(sequence) is { } checkpoint)
        {
            LogRecord record = ReadRecord(checkpoint);
            from = record.Sequence.Next;
            yield return record;
        }
        else if (view.First > new Sequence(1))
        {
            throw new HistoryTruncatedException(stream.Id, view.First);
        }

        foreach (LogRecord record in Forward(from, sequence))
            yield return record;
    }

    /// <summary>Returns the records that give the state as of the last event at or before a time.</summary>
    /// <exception cref="HistoryTruncatedException">Records that it needs were dropped.</exception>
    public IEnumerable<LogRecord> AsOf(DateTimeOffset time)
    {
        if (LastAt(time) is { } sequence)
            return AsOf(sequence);
        if (view.First == new Sequence(1))
            return [];
        // Before the first kept event, at most one state is known: that of a checkpoint, from the checkpoint's time on.
        var before = new Sequence(view.First.Value - 1);
        return CheckpointAt(before) is { } location && HeaderAt(location).TimeMicros <= UnixMicros.Of(time)
            ? AsOf(before)
            : throw new HistoryTruncatedException(stream.Id, view.First);
    }

    /// <summary>Returns the sequence of the checkpoint that is <paramref name="count"/> before the last one; null when there are fewer.</summary>
    public Sequence? CheckpointBack(int count)
    {
        FrameLocation? anchor = view.Anchor;
        while (anchor is { } location && _reader.TryReadHeader(location, stream.Hash, out FrameHeader header))
        {
            if (IsCheckpoint(header.Kind) && count-- == 0)
                return header.Sequence;
            anchor = header.Anchor;
        }

        return null;
    }

    /// <summary>Returns the sequence of the checkpoint from at or before a time that gives the state as of then; null without one.</summary>
    public Sequence? CheckpointBefore(DateTimeOffset time)
        => LastAt(time) is { } last && CheckpointAt(last) is { } location && HeaderAt(location) is var header && header.TimeMicros <= UnixMicros.Of(time)
            ? header.Sequence
            : null;

    /// <summary>Returns the last event at or before a time; null when all are later.</summary>
    public Sequence? LastAt(DateTimeOffset time)
    {
        long micros = UnixMicros.Of(time);
        if (view.Head < view.First)
            return null;
        FrameLocation location = Seek(view.Head);
        while (true)
        {
            FrameHeader header = HeaderAt(location);
            if (header.TimeMicros <= micros)
                return header.Sequence;
            if (header.Sequence <= view.First)
                return null;
            // A jump is safe if the event that it leads to is still later than the time.
            bool jumps = header.Jump is { } jump
                && Spine.JumpTarget(header.Sequence.Value) >= view.First.Value
                && HeaderAt(jump).TimeMicros > micros;
            location = jumps ? header.Jump!.Value : PreviousEvent(location, ref header);
        }
    }

    /// <summary>Finds an event from the head. The number of steps grows with the logarithm of the distance.</summary>
    public FrameLocation Seek(Sequence target)
    {
        if (view.HeadLocation is not { } location)
            throw new InvalidOperationException($"Stream '{stream.Id}' has no event.");
        while (true)
        {
            FrameHeader header = HeaderAt(location);
            bool isEvent = IsEvent(header.Kind);
            if (isEvent && header.Sequence == target)
                return location;
            if (isEvent && header.Sequence < target)
                throw _reader.Damaged(location, $"Event {target} of stream '{stream.Id}' is missing.");
            bool jumps = isEvent && header.Jump is not null && Spine.JumpTarget(header.Sequence.Value) >= target.Value;
            location = (jumps ? header.Jump : header.Previous)
                ?? throw _reader.Damaged(location, $"Event {target} of stream '{stream.Id}' is missing.");
        }
    }

    private FrameHeader HeaderAt(FrameLocation location) => _reader.ReadHeader(location, stream.Hash);

    private static bool IsEvent(LogRecordKind kind) => kind is LogRecordKind.Event or LogRecordKind.State;

    /// <summary>Gathers the events <paramref name="from"/> to <paramref name="last"/>, the last one first.</summary>
    private void Gather(HistoryPage page, Sequence from, Sequence last)
    {
        page.Clear();
        FrameLocation location = Seek(last);
        FrameHeader header = HeaderAt(location);
        for (Sequence sequence = last; ; sequence = new Sequence(sequence.Value - 1))
        {
            if (page.HasRoomFor(header.LengthBytes))
                page.Keep(location, OfEvent(OfStream(_reader.ReadWhole(location, header), location, header), location, header, sequence).Span);
            else
                page.Note(location);
            if (sequence == from)
                return;
            location = PreviousEvent(location, ref header);
        }
    }

    /// <summary>Finds the event before a frame, and reads its header.</summary>
    private FrameLocation PreviousEvent(FrameLocation location, ref FrameHeader header)
    {
        do
        {
            location = header.Previous ?? throw _reader.Damaged(location, $"The event before this one of stream '{stream.Id}' is missing.");
            header = HeaderAt(location);
        }
        while (!IsEvent(header.Kind));
        return location;
    }

    private static bool IsCheckpoint(LogRecordKind kind) => kind is LogRecordKind.Checkpoint or LogRecordKind.State;

    /// <summary>Returns the last checkpoint from which the kept events give the state as of an event; null without one.</summary>
    private FrameLocation? CheckpointAt(Sequence sequence)
    {
        if (sequence >= view.First)
        {
            // Nearly always it is the last checkpoint that was written before the event.
            FrameLocation location = Seek(sequence);
            FrameHeader header = HeaderAt(location);
            FrameLocation? near = header.Kind == LogRecordKind.State ? location : CheckpointFrom(header.Anchor, sequence);
            if (near is not null || view.First == new Sequence(1))
                return near;
        }

        // A checkpoint that was written later may have the sequence of an earlier event.
        return CheckpointFrom(view.Anchor, sequence);
    }

    /// <summary>Returns the last checkpoint at or before an anchor with at most this sequence; null if events after it were dropped.</summary>
    private FrameLocation? CheckpointFrom(FrameLocation? anchor, Sequence sequence)
    {
        // A dropped checkpoint has the sequence of an event that is no longer kept.
        while (anchor is { } location && _reader.TryReadHeader(location, stream.Hash, out FrameHeader header))
        {
            if (IsCheckpoint(header.Kind) && header.Sequence <= sequence)
                return header.Sequence.Next >= view.First ? location : null;
            anchor = header.Anchor;
        }

        return null;
    }

    private LogRecord ReadEvent(FrameLocation location, Sequence expected)
        => RecordOf(OfEvent(ReadFrame(location, out FrameHeader header), location, header, expected));

    private ReadOnlyMemory<byte> OfEvent(ReadOnlyMemory<byte> frame, FrameLocation location, in FrameHeader header, Sequence expected)
        => IsEvent(header.Kind) && header.Sequence == expected
            ? frame
            : throw _reader.Damaged(location, $"Stream '{stream.Id}' has {header.Kind} {header.Sequence} where event {expected} belongs.");

    private LogRecord ReadRecord(FrameLocation location) => RecordOf(ReadFrame(location, out _));

    private ReadOnlyMemory<byte> ReadFrame(FrameLocation location, out FrameHeader header) => OfStream(_reader.Read(location, out header), location, header);

    private ReadOnlyMemory<byte> OfStream(ReadOnlyMemory<byte> frame, FrameLocation location, in FrameHeader header)
        => frame.Span.Slice(header.IdOffset, header.IdBytes).SequenceEqual(stream.IdBytes)
            ? frame
            : throw _reader.Damaged(location, $"A frame of another stream is where stream '{stream.Id}' points to.");

    /// <summary>Returns the record of a validated frame.</summary>
    private LogRecord RecordOf(ReadOnlyMemory<byte> frame)
    {
        FrameHeader.TryRead(frame.Span, out FrameHeader header);
        return Records.Of(header, frame, stream.Id);
    }
}
