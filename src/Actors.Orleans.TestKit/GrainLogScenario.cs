using Actors.Orleans.TestKit.Scenarios;

namespace Actors.Orleans.TestKit;

/// <summary>Starts scenarios.</summary>
public static class GrainLogScenario
{
    /// <summary>A scenario for a grain's log, without a silo.</summary>
    /// <typeparam name="TState">The state.</typeparam>
    /// <typeparam name="TEvent">The base type of the events.</typeparam>
    /// <param name="configure">Adds to the silo that is none, for example with <c>ApplyGrainLogEvents</c> or <c>UpcastGrainLogEvents</c>.</param>
    public static GrainLogScenario<TState, TEvent> For<TState, TEvent>(Action<ISiloBuilder>? configure = null)
        where TState : class, new()
        => new(configure);
}

/// <summary>
/// Given events, when something is done, then events: the grain's log is the real one, in memory, and its calls run in turns
/// as a grain's do. After each scenario the log is replayed, and must give the state that was there before.
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

    /// <summary>Adds to what has happened before: the grain's log holds it when the grain activates.</summary>
    public GrainLogScenario<TState, TEvent> Given(params TEvent[] events)
    {
        _given.AddRange(events);
        return this;
    }

    /// <summary>Adds to what is to go wrong once the grain is active: <c>l => l.RejectNextAppend()</c>.</summary>
    public GrainLogScenario<TState, TEvent> GivenFault(Action<TestLog> fault)
    {
        _faults.Add(fault);
        return this;
    }

    /// <summary>Adds to what is done, one after the other, in the grain's turns.</summary>
    public GrainLogScenario<TState, TEvent> When(Func<IGrainLog<TState, TEvent>, Task> action)
    {
        _actions.Add(action);
        return this;
    }

    /// <summary>Runs it. Exactly these events are in the log after those that were given; events are compared by what is written of them.</summary>
    /// <exception cref="GrainLogScenarioException">They are not, or what was done failed, or a replay gives another state.</exception>
    public async Task ThenAsync(params TEvent[] events)
    {
        ScenarioResult<TState, TEvent> result = await RunAsync().ConfigureAwait(false);
        result.RequireSuccess();
        result.RequireEvents(events);
    }

    /// <summary>Runs it. Nothing is in the log but what was given.</summary>
    /// <exception cref="GrainLogScenarioException">There is more, or what was done failed, or a replay gives another state.</exception>
    public Task ThenNothingAsync() => ThenAsync();

    /// <summary>Runs it. What was done fails with this exception, and nothing is in the log but what was given.</summary>
    /// <returns>The exception.</returns>
    /// <exception cref="GrainLogScenarioException">It does not, or something was appended, or a replay gives another state.</exception>
    public async Task<TException> ThenThrowsAsync<TException>()
        where TException : Exception
    {
        ScenarioResult<TState, TEvent> result = await RunAsync().ConfigureAwait(false);
        TException error = result.RequireFailure<TException>();
        result.RequireEvents([]);
        return error;
    }

    /// <summary>Runs it, and gives the state afterwards, for any assertion.</summary>
    /// <exception cref="GrainLogScenarioException">What was done failed, or a replay gives another state.</exception>
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
