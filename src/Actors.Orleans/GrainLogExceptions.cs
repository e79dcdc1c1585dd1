using Actors.Orleans.Codecs;
using Actors.Orleans.Events;
using Actors.Wal;

namespace Actors.Orleans;

/// <summary>A durable event could not be applied to a grain's state: by a live append, or on replay, which fails the activation.</summary>
[GenerateSerializer]
[Alias("actors.GrainLogApplyException")]
public sealed class GrainLogApplyException : OrleansException
{
    /// <summary>Reports an event that can't be applied.</summary>
    internal GrainLogApplyException(LogStreamId stream, Sequence sequence, string eventType, Exception inner)
        : this($"Event {sequence} ({eventType}) of stream '{stream}' is in the log and could not be applied: {inner.Message} Correct the state's Apply for it, or tell grains to pass over it (SkipEventAsync, walctl skip); nothing was lost.", stream, sequence, eventType, inner)
    {
    }

    private GrainLogApplyException(string message, LogStreamId stream, Sequence sequence, string eventType, Exception inner)
        : base(message, ForeignException.Of(inner))
    {
        Stream = stream.Value;
        Version = sequence.Value;
        EventType = eventType;
    }

    /// <summary>Reports an event that was not applied because of an earlier failure.</summary>
    internal static GrainLogApplyException Behind(LogStreamId stream, Sequence sequence, string eventType, Exception earlier)
        => new($"Event {sequence} ({eventType}) of stream '{stream}' is in the log and was not applied, because the activation failed before it. Do not append it again: the next activation replays it. {earlier.Message}", stream, sequence, eventType, earlier);

    /// <summary>The stream.</summary>
    [Id(0)]
    public string Stream { get; }

    /// <summary>The event's sequence.</summary>
    [Id(1)]
    public long Version { get; }

    /// <summary>The event's type, as far as it is known.</summary>
    [Id(2)]
    public string EventType { get; }
}

/// <summary>A grain's checkpoint can't be used, and the events that could replace it were dropped; the activation fails.</summary>
[GenerateSerializer]
[Alias("actors.GrainLogCheckpointException")]
public sealed class GrainLogCheckpointException : OrleansException
{
    internal GrainLogCheckpointException(LogStreamId stream, Sequence checkpoint, Sequence first, UnusableCheckpointException reason)
        : base($"The checkpoint at event {checkpoint} of stream '{stream}' can't be used: {reason.Reason}. The events before {first}, from which the state could be rebuilt, were dropped. Give the program what makes the state out of the checkpoint (UpcastGrainState), or the type that wrote it; or restore the store as it was before.", reason.InnerException is null ? null! : ForeignException.Of(reason.InnerException))
    {
        Stream = stream.Value;
        Version = checkpoint.Value;
    }

    /// <summary>The stream.</summary>
    [Id(0)]
    public string Stream { get; }

    /// <summary>The checkpoint's sequence.</summary>
    [Id(1)]
    public long Version { get; }
}

/// <summary>A record in a grain's log could not be decoded; the activation fails.</summary>
[GenerateSerializer]
[Alias("actors.GrainLogDecodeException")]
public sealed class GrainLogDecodeException : OrleansException
{
    /// <summary>Reports a record that can't be decoded.</summary>
    internal GrainLogDecodeException(LogStreamId stream, Sequence sequence, string what, Exception? inner)
        : base($"{what} {sequence} of stream '{stream}' can't be decoded{(inner is null ? "." : $": {inner.Message}")} Give the program the type that wrote it, or tell grains to pass over it (SkipEventAsync, walctl skip); nothing was lost.", inner is null ? null! : ForeignException.Of(inner))
    {
        Stream = stream.Value;
        Version = sequence.Value;
    }

    /// <summary>The stream.</summary>
    [Id(0)]
    public string Stream { get; }

    /// <summary>The record's sequence.</summary>
    [Id(1)]
    public long Version { get; }
}
