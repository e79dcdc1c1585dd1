namespace Actors.Orleans;

/// <summary>
/// A grain's state that applies its events itself. Applying must be deterministic and have no side effects: every replay repeats it. It
/// runs outside of the caller's context (request context, activity), as in a replay.
/// </summary>
/// <typeparam name="TEvent">The base type of the events.</typeparam>
public interface IApply<in TEvent>
{
    /// <summary>Changes this state by the event.</summary>
    void Apply(TEvent change);
}

/// <summary>Applies events to a state whose type doesn't implement <see cref="IApply{TEvent}"/>. Registered as a service.</summary>
/// <typeparam name="TState">The state.</typeparam>
/// <typeparam name="TEvent">The base type of the events.</typeparam>
/// <param name="apply">Returns the state after an event: the same object changed, or a new one.</param>
internal sealed class EventApplier<TState, TEvent>(Func<TState, TEvent, TState> apply)
{
    /// <summary>Returns the state after an event.</summary>
    public Func<TState, TEvent, TState> Apply { get; } = apply;
}
