using Actors.Wal.Format;
using Actors.Wal.Reading;

namespace Actors.Wal.Streams;

/// <summary>
/// Returns the records of one stream as of a published view of it. Events are found backwards from the head, and gathered in pages
/// to be returned forwards.
/// </summary>
/// <param name="walk">Finds and reads the events.</param>
/// <param name="checkpoints">Reads the last checkpoint.</param>
internal sealed class StreamHistory(StreamWalk walk, StreamWalk checkpoints)
{
    // The number of events that are gathered backwards before they are returned forwards.
    private const int PageEvents = 1024;

    public StreamHistory(StreamState stream, StreamView view, StreamReaders readers)
        : this(new StreamWalk(stream, view, readers.Events), new StreamWalk(stream, view, readers.Checkpoint))
    {
    }

    public StreamSearch Search => new(walk);

    private Sequence First => walk.View.First;

    private Sequence Head => walk.View.Head;

    /// <summary>Returns the last checkpoint, then the events after it.</summary>
    public IEnumerable<LogRecord> Replay()
    {
        if (walk.View.CheckpointLocation is { } location)
        {
            LogRecord checkpoint = RecordOf(checkpoints.ReadFrame(location, out _));
            if (checkpoint.Sequence != walk.View.CheckpointSequence)
                throw walk.Damaged(location, $"The last checkpoint of stream '{walk.Id}' is not the expected one.");
            yield return checkpoint;
        }

        Sequence from = walk.View.Checkpoint is { } at && at.Next > First ? at.Next : First;
        foreach (LogRecord record in Forward(from, Head))
            yield return record;
    }

    /// <summary>Returns events in ascending order.</summary>
    public IEnumerable<LogRecord> Forward(Sequence from, Sequence to)
    {
        if (from < First)
            from = First;
        if (to > Head)
            to = Head;
        var page = new HistoryPage();
        while (from <= to)
        {
            var last = new Sequence(Math.Min(to.Value, from.Value + PageEvents - 1));
            Gather(page, from, last);
            for (int i = page.Count - 1; i >= 0; i--)
            {
                yield return page.IsKept(i) ? RecordOf(page.FrameAt(i)) : RecordOf(walk.ReadEvent(page.LocationAt(i), from));
                from = from.Next;
            }
        }
    }

    /// <summary>Returns events in descending order.</summary>
    public IEnumerable<LogRecord> Backward(Sequence from, Sequence to)
    {
        if (from > Head)
            from = Head;
        if (to < First)
            to = First;
        if (from < to)
            yield break;
        FrameLocation location = walk.Seek(from);
        for (Sequence sequence = from; ; sequence = new Sequence(sequence.Value - 1))
        {
            yield return RecordOf(walk.ReadEvent(location, sequence));
            if (sequence == to)
                yield break;
            FrameHeader header = walk.HeaderAt(location);
            location = walk.PreviousEvent(location, ref header);
        }
    }

    /// <summary>Returns the nearest checkpoint at or before an event, then the events up to it.</summary>
    /// <exception cref="HistoryTruncatedException">Records that it needs were dropped.</exception>
    public IEnumerable<LogRecord> AsOf(Sequence sequence)
    {
        if (sequence > Head)
            sequence = Head;
        if (sequence == Sequence.Zero)
            yield break;
        Sequence from = First;
        if (Search.CheckpointAt(sequence) is { } checkpoint)
        {
            LogRecord record = ReadRecord(checkpoint);
            from = record.Sequence.Next;
            yield return record;
        }
        else if (First > new Sequence(1))
        {
            throw new HistoryTruncatedException(walk.Id, First);
        }

        foreach (LogRecord record in Forward(from, sequence))
            yield return record;
    }

    /// <summary>Returns the records that give the state as of the last event at or before a time.</summary>
    /// <exception cref="HistoryTruncatedException">Records that it needs were dropped.</exception>
    public IEnumerable<LogRecord> AsOf(DateTimeOffset time)
    {
        if (Search.LastAt(time) is { } sequence)
            return AsOf(sequence);
        if (First == new Sequence(1))
            return [];
        // Before the first kept event, at most one state is known: that of a checkpoint, from the checkpoint's time on.
        var before = new Sequence(First.Value - 1);
        return Search.CheckpointAt(before, time) is not null
            ? AsOf(before)
            : throw new HistoryTruncatedException(walk.Id, First);
    }

    /// <summary>Gathers the events <paramref name="from"/> to <paramref name="last"/>, the last one first.</summary>
    private void Gather(HistoryPage page, Sequence from, Sequence last)
    {
        page.Clear();
        FrameLocation location = walk.Seek(last);
        FrameHeader header = walk.HeaderAt(location);
        for (Sequence sequence = last; ; sequence = new Sequence(sequence.Value - 1))
        {
            if (page.HasRoomFor(header.LengthBytes))
                page.Keep(location, walk.ReadEvent(location, header, sequence).Span);
            else
                page.Note(location);
            if (sequence == from)
                return;
            location = walk.PreviousEvent(location, ref header);
        }
    }

    private LogRecord ReadRecord(FrameLocation location) => RecordOf(walk.ReadFrame(location, out _));

    /// <summary>Returns the record of a validated frame.</summary>
    private LogRecord RecordOf(ReadOnlyMemory<byte> frame)
    {
        FrameHeader.TryRead(frame.Span, out FrameHeader header);
        return Records.Of(header, frame, walk.Id);
    }
}
