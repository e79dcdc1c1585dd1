using Actors.Wal;
using Orleans.Storage;

namespace Actors.Orleans;

/// <summary>
/// A grain's log: its state, and the events that led to it. An event is applied to <see cref="State"/> once it is
/// durable, in log order. Use it only from the grain's own turns, reentrant ones included.
/// </summary>
/// <typeparam name="TState">The state. Only events may change it.</typeparam>
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

    /// <summary>
    /// Appends an event once, however often it is called with the same key. A caller repeats the call when its append is in doubt, or when
    /// its answer was lost. The key is stored with the event in the log.
    /// </summary>
    /// <param name="idempotencyKey">
    /// Identifies the caller's command among all commands of this grain: 1 to 255 bytes of UTF-8. The last
    /// <see cref="WriteAheadLogOptions.IdempotencyWindow"/> keys are remembered.
    /// </param>
    /// <param name="change">The event. Ignored when the key is known.</param>
    /// <param name="expectedVersion">The version that the log must have, or null for any. Ignored when the key is known.</param>
    /// <returns>The event's sequence, whether it was appended now or before. Other errors as for <see cref="AppendAsync(TEvent, Sequence?)"/>.</returns>
    /// <exception cref="ArgumentException">The key is empty, too long, or no valid Unicode.</exception>
    ValueTask<Sequence> AppendOnceAsync(string idempotencyKey, TEvent change, Sequence? expectedVersion = null);

    /// <summary>Appends several events once, all or nothing.</summary>
    /// <returns>The last event's sequence.</returns>
    ValueTask<Sequence> AppendOnceAsync(string idempotencyKey, IReadOnlyList<TEvent> changes, Sequence? expectedVersion = null);

    /// <summary>
    /// Whether events were appended with a key that is still remembered. Ask before checking a command against
    /// <see cref="State"/>: an earlier call of the same command may have changed it.
    /// </summary>
    /// <param name="idempotencyKey">The key.</param>
    /// <param name="version">The sequence of the last of the events.</param>
    /// <exception cref="ArgumentException">The key is empty, too long, or no valid Unicode.</exception>
    bool TryGetAppended(string idempotencyKey, out Sequence version);

    /// <summary>
    /// Confirms that <see cref="State"/> is current: when this returns, no other activation had appended an event when it was called.
    /// Without it an activation may be behind for a moment, when its silo was declared dead but still runs. A local log answers at once.
    /// A log in PostgreSQL asks the server, for many grains at a time.
    /// </summary>
    /// <exception cref="InconsistentStateException">Another activation owns the log; this one ends, and the next call reaches a current one.</exception>
    /// <exception cref="StoreUnreachableException">The store's server could not be asked.</exception>
    ValueTask ConfirmAsync();

    /// <summary>Takes a checkpoint of the current state, so that activation replays only later events. Also done automatically.</summary>
    ValueTask CheckpointAsync();

    /// <summary>The events from one sequence to another, both included; in descending order when <paramref name="from"/> is the greater.</summary>
    IAsyncEnumerable<LoggedEvent<TEvent>> ReadAsync(Sequence from, Sequence to);

    /// <summary>The state as of an event.</summary>
    /// <exception cref="HistoryTruncatedException">The history that it needs was dropped.</exception>
    ValueTask<TState> StateAtAsync(Sequence version);

    /// <summary>The state as of a time, by the clock of the silo that appended.</summary>
    /// <exception cref="HistoryTruncatedException">The history that it needs was dropped.</exception>
    ValueTask<TState> StateAtAsync(DateTimeOffset time);

    /// <summary>Deletes the log with all its history and idempotency keys; the next event has sequence 1.</summary>
    /// <param name="expectedVersion">The version that the log must have, or null for the one that this activation knows.</param>
    /// <exception cref="InconsistentStateException">Another activation owns the log, or it is not at the version; nothing was deleted.</exception>
    ValueTask ClearAsync(Sequence? expectedVersion = null);
}

/// <summary>An event as the log holds it.</summary>
/// <typeparam name="TEvent">The base type of the events.</typeparam>
/// <param name="Version">Its sequence.</param>
/// <param name="Time">When it was accepted, in UTC.</param>
/// <param name="Event">The event.</param>
/// <param name="IdempotencyKey">The key that it was appended with, or null without one; of several events, the last has it.</param>
public readonly record struct LoggedEvent<TEvent>(Sequence Version, DateTimeOffset Time, TEvent Event, string? IdempotencyKey = null);
