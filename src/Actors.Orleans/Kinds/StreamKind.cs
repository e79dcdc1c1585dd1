using Actors.Orleans.Codecs;
using Actors.Orleans.ReplayChecks;
using Actors.Wal;

namespace Actors.Orleans.Kinds;

/// <summary>Reads the streams of one kind with the types that a grain class declares for them.</summary>
internal abstract class StreamKind
{
    /// <summary>The type of the state.</summary>
    public abstract Type State { get; }

    /// <summary>Checks that everything in a stream can be decoded and applied.</summary>
    public abstract Task CheckAsync(ILogReader reader, StreamInfo stream, ReplayFindings findings, CancellationToken cancellationToken);

    /// <summary>
    /// Decodes a record: an event, or several if an upcaster splits it, or the state that it holds. Nothing for a record that holds neither.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="key">The event's idempotency key; null without one.</param>
    /// <exception cref="GrainLogDecodeException">The record can't be decoded.</exception>
    /// <exception cref="UnusableCheckpointException">The checkpoint can't be used.</exception>
    public abstract IReadOnlyList<object> Decode(in LogRecord record, out string? key);

    /// <summary>
    /// Returns the states after the events from one sequence to another, as a replay makes them; that of sequence 0 is a new state. A state
    /// may be changed by the next step: read it before.
    /// </summary>
    /// <param name="reader">The store.</param>
    /// <param name="stream">The stream as of now.</param>
    /// <param name="from">The sequence of the first state to return.</param>
    /// <param name="to">The sequence of the last one.</param>
    /// <param name="cancellationToken">Ends the replay.</param>
    /// <exception cref="StateUnknownException">The state can't be made.</exception>
    public abstract IAsyncEnumerable<StateAt> StatesAsync(IStreamReader reader, StreamInfo stream, Sequence from, Sequence to, CancellationToken cancellationToken);
}

/// <param name="Sequence">The last event that the state includes.</param>
/// <param name="State">The state; null when grain storage holds none.</param>
internal readonly record struct StateAt(Sequence Sequence, object? State);

/// <summary>A state can't be made from the events that a stream keeps. The message says why.</summary>
internal sealed class StateUnknownException(string message, Exception? inner = null) : Exception(message, inner);
