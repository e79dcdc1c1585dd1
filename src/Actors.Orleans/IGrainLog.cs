using Actors.Wal;
using Orleans.Storage;

namespace Actors.Orleans;

/// <summary>
/// A grain's log: its state, and the events that led to it. An event is applied to <see cref="State"/> once it is
/// durable, in log order. Used from the grain's own turns only, reentrant ones included.
/// </summary>
/// <typeparam name="TState">The state: built from events alone, never changed otherwise.</typeparam>
/// <typeparam name="TEvent">The base type of the events.</typeparam>
public interface IGrainLog<TState, TEvent>
    where TState : class, new()
{
    /// <summary>The state after the last applied event.</summary>
    TState State { get; }

    /// <summary>The last applied event's sequence; zero for a new grain.</summary>
    Sequence Version { get; }

    /// <summary>The last checkpoint's sequence, or null without one.</summary>
    Sequence? Checkpoint { get; }

    /// <summary>Appends an event and applies it. When this returns the event survives loss of power (by the default sync policy).</summary>
    /// <param name="change">The event.</param>
    /// <param name="expectedVersion">The version that the log must have, or null for any.</param>
    /// <returns>The event's sequence.</returns>
    /// <exception cref="InconsistentStateException">Another activation owns the log, or it is not at the expected version; nothing was written.</exception>
    /// <exception cref="AppendRejectedException">Nothing was written: the disk is full, or the event too large.</exception>
    /// <exception cref="AppendOutcomeUnknownException">The store failed while writing; this activation ends, and the next one learns what was kept.</exception>
    /// <exception cref="GrainLogApplyException">The event is durable and could not be applied; this activation ends.</exception>
    ValueTask<Sequence> AppendAsync(TEvent change, Sequence? expectedVersion = null);

    /// <summary>Appends several events, all or nothing, and applies them. Errors as for one event.</summary>
    /// <returns>The last event's sequence.</returns>
    ValueTask<Sequence> AppendAsync(IReadOnlyList<TEvent> changes, Sequence? expectedVersion = null);

    /// <summary>Records the current state, so that activation replays only what comes after. Also done automatically.</summary>
    ValueTask CheckpointAsync();

    /// <summary>The events from one sequence to another, both included; in descending order when <paramref name="from"/> is the greater.</summary>
    IAsyncEnumerable<LoggedEvent<TEvent>> ReadAsync(Sequence from, Sequence to);

    /// <summary>The state as of an event.</summary>
    /// <exception cref="HistoryTruncatedException">The history that it needs was dropped.</exception>
    ValueTask<TState> StateAtAsync(Sequence version);

    /// <summary>The state as of a time, by the clock of the silo that appended.</summary>
    /// <exception cref="HistoryTruncatedException">The history that it needs was dropped.</exception>
    ValueTask<TState> StateAtAsync(DateTimeOffset time);

    /// <summary>Deletes the log with all its history; the next event has sequence 1.</summary>
    ValueTask ClearAsync();
}

/// <summary>An event as the log holds it.</summary>
/// <typeparam name="TEvent">The base type of the events.</typeparam>
/// <param name="Version">Its sequence.</param>
/// <param name="Time">When it was accepted, in UTC.</param>
/// <param name="Event">The event.</param>
public readonly record struct LoggedEvent<TEvent>(Sequence Version, DateTimeOffset Time, TEvent Event);
