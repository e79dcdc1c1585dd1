using Actors.Orleans.Codecs;
using Actors.Orleans.GrainLogs;
using Actors.Orleans.Streams;
using Microsoft.Extensions.DependencyInjection;

namespace Actors.Orleans.TestKit.Scenarios;

/// <summary>One run of a scenario: it writes the grain's history, runs the actions in an activation, and replays the log in another one.</summary>
internal sealed class ScenarioRun<TState, TEvent>(ScenarioSilo silo, TestLog log)
    where TState : class, new()
{
    private const string Name = "scenario";

    private static readonly GrainId Grain = GrainId.Create(Name, "1");

    private readonly PayloadCodec<TEvent> _events = silo.Provider.GetRequiredService<LogCodecs>().ForEvent<TEvent>(LogCodec.Auto);
    private readonly PayloadCodec<TState> _states = silo.Provider.GetRequiredService<LogCodecs>().ForState<TState>(LogCodec.Auto);

    // Runs one turn at a time, as in a grain.
    private readonly TaskScheduler _turns = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;

    public async Task<ScenarioResult<TState, TEvent>> RunAsync(
        IReadOnlyList<TEvent> given, IReadOnlyList<Func<IGrainLog<TState, TEvent>, Task>> actions, IReadOnlyList<Action<TestLog>> faults)
    {
        ILogStore store = await log.OpenAsync().ConfigureAwait(false);
        LogStreamId stream = StreamNames.Of(Grain, Name);
        await History.AppendAsync(store, stream, given, _events).ConfigureAwait(false);
        Exception? error = null;
        TState live = await ActivateAsync(async grainLog =>
        {
            foreach (Action<TestLog> fault in faults)
                fault(log);
            try
            {
                foreach (Func<IGrainLog<TState, TEvent>, Task> action in actions)
                    await action(grainLog);
            }
            catch (Exception e)
            {
                error = e;
            }
        }).ConfigureAwait(false);
        TState replayed = await ActivateAsync(_ => Task.CompletedTask).ConfigureAwait(false);
        IReadOnlyList<TEvent> all = await History.ReadAsync(store, stream, _events).ConfigureAwait(false);

        // With faults the states may differ: an activation with an append in doubt ends, and the next one learns the outcome from the log.
        if (faults.Count == 0 && !_states.Same(live, replayed))
        {
            throw new GrainLogScenarioException(
                $"A replay gives another state than the events gave when they were appended; what applies them must change nothing but the state, and only by the event.{Environment.NewLine}"
                + $"When appended: {EventText.Of(live, _states)}{Environment.NewLine}Replayed: {EventText.Of(replayed, _states)}", error);
        }

        return new ScenarioResult<TState, TEvent>(replayed, [.. all.Skip(given.Count)], error, _events);
    }

    /// <summary>Activates the grain's log, calls <paramref name="use"/> in a turn, and returns the state after it.</summary>
    private async Task<TState> ActivateAsync(Func<IGrainLog<TState, TEvent>, Task> use)
    {
        var context = new ScenarioContext(Grain, silo.Provider);
        IGrainLog<TState, TEvent> grainLog = silo.Provider.GetRequiredService<GrainLogFactory>().Create<TState, TEvent>(context, new GrainLogAttribute(Name));
        await InTurnAsync(context.StartAsync).ConfigureAwait(false);
        await InTurnAsync(() => use(grainLog)).ConfigureAwait(false);
        await InTurnAsync(context.StopAsync).ConfigureAwait(false);
        return grainLog.State;
    }

    private Task InTurnAsync(Func<Task> turn)
        => Task.Factory.StartNew(turn, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _turns).Unwrap();
}
