namespace Actors.Orleans;

/// <summary>A grain's state that takes in its events itself. Applying must be deterministic and have no side effects: it is repeated on every replay, and runs, as there, outside of the caller's context (request context, activity).</summary>
/// <typeparam name="TEvent">The base type of the events.</typeparam>
public interface IApply<in TEvent>
{
    /// <summary>Changes this state as the event says.</summary>
    void Apply(TEvent change);
}

/// <summary>How events change a state whose type doesn't implement <see cref="IApply{TEvent}"/>; registered as a service.</summary>
/// <typeparam name="TState">The state.</typeparam>
/// <typeparam name="TEvent">The base type of the events.</typeparam>
/// <param name="apply">Gives the state after an event: the same object changed, or a new one.</param>
public sealed class EventApplier<TState, TEvent>(Func<TState, TEvent, TState> apply)
{
    /// <summary>Gives the state after an event.</summary>
    public Func<TState, TEvent, TState> Apply { get; } = apply;
}
