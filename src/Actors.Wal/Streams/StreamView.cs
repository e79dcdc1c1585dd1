using Actors.Wal.Format;

namespace Actors.Wal.Streams;

/// <summary>The state of a stream after one of its frames: all that a reader needs to navigate it.</summary>
internal struct StreamView
{
    /// <summary>The last event.</summary>
    public Sequence Head;

    /// <summary>The last frame of any kind; null for a stream without one.</summary>
    public FrameLocation? HeadLocation;

    /// <summary>The last checkpoint, state or truncation frame.</summary>
    public FrameLocation? Anchor;

    /// <summary>The last checkpoint or state frame.</summary>
    public FrameLocation? CheckpointLocation;

    /// <summary>The last checkpoint's sequence; meaningful only with <see cref="CheckpointLocation"/>.</summary>
    public Sequence CheckpointSequence;

    /// <summary>The sequence before the first event that is kept.</summary>
    public Sequence Dropped;

    public bool Deleted;

    public readonly bool Exists => HeadLocation is not null && !Deleted;

    public readonly Sequence First => Dropped.Next;

    /// <summary>Whether the kept events and the last checkpoint lie within the stream.</summary>
    public readonly bool IsInBounds => Dropped >= Sequence.Zero && Dropped <= Head && (Checkpoint is not { } at || (at >= Sequence.Zero && at <= Head));

    public readonly Sequence? Checkpoint => CheckpointLocation is null ? null : CheckpointSequence;
}
