using Actors.Orleans.TestKit.Scenarios;

namespace Actors.Orleans.TestKit;

/// <summary>Starts scenarios.</summary>
public static class GrainLogScenario
{
    /// <summary>Starts a scenario for a grain's log, without a silo.</summary>
    /// <typeparam name="TState">The state.</typeparam>
    /// <typeparam name="TEvent">The base type of the events.</typeparam>
    /// <param name="configure">Configures the log as in a silo, for example with <c>ApplyGrainLogEvents</c> or <c>UpcastGrainLogEvents</c>.</param>
    public static GrainLogScenario<TState, TEvent> For<TState, TEvent>(Action<ISiloBuilder>? configure = null)
        where TState : class, new()
        => new(configure);
}

/// <summary>
/// A test in the form: given events, when an action runs, then events. The grain's log is the real one, in memory. Its calls run in
/// turns, as in a grain. After each scenario the log is replayed, and the replay must give the same state.
/// </summary>
/// <remarks>
/// <code>
/// await GrainLogScenario.For&lt;Account, AccountEvent&gt;()
///     .Given(new Deposited { Amount = 10 })
///     .When(log => new AccountGrain(log).Withdraw(4))
///     .ThenAsync(new Withdrawn { Amount = 4 });
/// </code>
/// A grain that needs its key, its factory or a timer needs a silo: test it in a test cluster whose logs are a
/// <see cref="TestLog"/>.
/// </remarks>
/// <typeparam name="TState">The state.</typeparam>
/// <typeparam name="TEvent">The base type of the events.</typeparam>
public sealed class GrainLogScenario<TState, TEvent>
    where TState : class, new()
{
    private readonly Action<ISiloBuilder>? _configure;
    private readonly List<TEvent> _given = [];
    private readonly List<Func<IGrainLog<TState, TEvent>, Task>> _actions = [];
    private readonly List<Action<TestLog>> _faults = [];

    internal GrainLogScenario(Action<ISiloBuilder>? configure) => _configure = configure;

    /// <summary>Adds events that the grain's log holds when the grain activates.</summary>
    public GrainLogScenario<TState, TEvent> Given(params TEvent[] events)
    {
        _given.AddRange(events);
        return this;
    }

    /// <summary>Adds a fault that occurs once the grain is active: <c>l => l.RejectNextAppend()</c>.</summary>
    public GrainLogScenario<TState, TEvent> GivenFault(Action<TestLog> fault)
    {
        _faults.Add(fault);
        return this;
    }

    /// <summary>Adds an action. Actions run one after the other, in the grain's turns.</summary>
    public GrainLogScenario<TState, TEvent> When(Func<IGrainLog<TState, TEvent>, Task> action)
    {
        _actions.Add(action);
        return this;
    }

    /// <summary>Runs the scenario. The log must hold exactly these events after the given ones. Events are compared as written.</summary>
    /// <exception cref="GrainLogScenarioException">The log holds other events, an action failed, or a replay gives another state.</exception>
    public async Task ThenAsync(params TEvent[] events)
    {
        ScenarioResult<TState, TEvent> result = await RunAsync().ConfigureAwait(false);
        result.RequireSuccess();
        result.RequireEvents(events);
    }

    /// <summary>Runs the scenario. The log must hold only the given events.</summary>
    /// <exception cref="GrainLogScenarioException">The log holds more events, an action failed, or a replay gives another state.</exception>
    public Task ThenNothingAsync() => ThenAsync();

    /// <summary>Runs the scenario. An action must fail with this exception, and the log must hold only the given events.</summary>
    /// <returns>The exception.</returns>
    /// <exception cref="GrainLogScenarioException">No action fails with it, or something was appended, or a replay gives another state.</exception>
    public async Task<TException> ThenThrowsAsync<TException>()
        where TException : Exception
    {
        ScenarioResult<TState, TEvent> result = await RunAsync().ConfigureAwait(false);
        TException error = result.RequireFailure<TException>();
        result.RequireEvents([]);
        return error;
    }

    /// <summary>Runs the scenario, and returns the state afterwards, for any assertion.</summary>
    /// <exception cref="GrainLogScenarioException">An action failed, or a replay gives another state.</exception>
    public async Task<TState> ThenStateAsync()
    {
        ScenarioResult<TState, TEvent> result = await RunAsync().ConfigureAwait(false);
        result.RequireSuccess();
        return result.State;
    }

    private async Task<ScenarioResult<TState, TEvent>> RunAsync()
    {
        if (_actions.Count == 0)
            throw new InvalidOperationException("The scenario does nothing; say what with When.");
        await using var log = new TestLog();
        await using ScenarioSilo silo = await ScenarioSilo.StartAsync(log, _configure).ConfigureAwait(false);
        var run = new ScenarioRun<TState, TEvent>(silo, log);
        return await run.RunAsync(_given, _actions, _faults).ConfigureAwait(false);
    }
}
