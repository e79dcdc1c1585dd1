using Actors.Wal.Format;

namespace Actors.Wal.Streams;

/// <summary>Searches one stream, as of a view of it, for the event of a time and for checkpoints.</summary>
internal readonly struct StreamSearch(StreamWalk walk)
{
    /// <summary>Returns the last event at or before a time; null when all are later.</summary>
    public Sequence? LastAt(DateTimeOffset time)
    {
        long micros = UnixMicros.Of(time);
        ref readonly StreamView view = ref walk.View;
        if (view.Head < view.First)
            return null;
        FrameLocation location = walk.Seek(view.Head);
        while (true)
        {
            FrameHeader header = walk.HeaderAt(location);
            if (header.TimeMicros <= micros)
                return header.Sequence;
            if (header.Sequence <= view.First)
                return null;
            // A jump is safe if the event that it leads to is still later than the time.
            bool jumps = header.Jump is { } jump
                && Spine.JumpTarget(header.Sequence.Value) >= view.First.Value
                && walk.HeaderAt(jump).TimeMicros > micros;
            location = jumps ? header.Jump!.Value : walk.PreviousEvent(location, ref header);
        }
    }

    /// <summary>Returns the last checkpoint from which the kept events give the state as of an event; null without one.</summary>
    public FrameLocation? CheckpointAt(Sequence sequence)
    {
        ref readonly StreamView view = ref walk.View;
        if (sequence >= view.First)
        {
            // Nearly always it is the last checkpoint that was written before the event.
            FrameLocation location = walk.Seek(sequence);
            FrameHeader header = walk.HeaderAt(location);
            FrameLocation? near = header.Kind == LogRecordKind.State ? location : CheckpointFrom(header.Anchor, sequence);
            if (near is not null || view.First == new Sequence(1))
                return near;
        }

        // A checkpoint that was written later may have the sequence of an earlier event.
        return CheckpointFrom(view.Anchor, sequence);
    }

    /// <summary>Returns the checkpoint from at or before a time that gives the state as of an event; null without one.</summary>
    public FrameLocation? CheckpointAt(Sequence sequence, DateTimeOffset time)
        => CheckpointAt(sequence) is { } location && walk.HeaderAt(location).TimeMicros <= UnixMicros.Of(time) ? location : null;

    /// <summary>Returns the sequence of the checkpoint from at or before a time that gives the state as of then; null without one.</summary>
    public Sequence? CheckpointBefore(DateTimeOffset time)
        => LastAt(time) is { } last && CheckpointAt(last, time) is { } location ? walk.HeaderAt(location).Sequence : null;

    /// <summary>Returns the sequence of the checkpoint that is <paramref name="count"/> before the last one; null when there are fewer.</summary>
    public Sequence? CheckpointBack(int count)
    {
        FrameLocation? anchor = walk.View.Anchor;
        while (anchor is { } location && walk.TryHeaderAt(location, out FrameHeader header))
        {
            if (StreamWalk.IsCheckpoint(header.Kind) && count-- == 0)
                return header.Sequence;
            anchor = header.Anchor;
        }

        return null;
    }

    /// <summary>Returns the last checkpoint at or before an anchor with at most this sequence; null if events after it were dropped.</summary>
    private FrameLocation? CheckpointFrom(FrameLocation? anchor, Sequence sequence)
    {
        // A dropped checkpoint has the sequence of an event that is no longer kept.
        while (anchor is { } location && walk.TryHeaderAt(location, out FrameHeader header))
        {
            if (StreamWalk.IsCheckpoint(header.Kind) && header.Sequence <= sequence)
                return header.Sequence.Next >= walk.View.First ? location : null;
            anchor = header.Anchor;
        }

        return null;
    }
}
