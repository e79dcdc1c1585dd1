using System.Reflection;
using Actors.Orleans.Hosting;
using Actors.Orleans.JournaledGrains;
using Actors.Orleans.TransactionalStates;
using Orleans.Concurrency;
using Orleans.Transactions.Abstractions;

namespace Actors.Orleans.GrainClasses;

/// <summary>The streams that a grain class uses, by its constructors' parameters and its base class. Each must have its own name.</summary>
/// <param name="storages">The logs of the storages.</param>
internal sealed class DeclaredStreams(IEnumerable<StorageInLog> storages)
{
    private readonly Dictionary<string, string> _logs = storages.GroupBy(s => s.StorageName).ToDictionary(g => g.Key, g => g.Last().LogName);

    /// <summary>Describes the problems of a class, one sentence each.</summary>
    public IEnumerable<string> ProblemsOf(Type grain)
    {
        foreach (ConstructorInfo constructor in grain.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            if (grain.GetCustomAttribute<StatelessWorkerAttribute>() is not null && UsesOf(grain, constructor).FirstOrDefault() is { What: { } what })
                yield return $"{grain} is a stateless worker, and its activations would take {what} from each other; only a grain with one activation can have a stream.";
            foreach (IGrouping<(string Log, string Name), Use> stream in UsesOf(grain, constructor).GroupBy(u => (u.Log, u.Name)).Where(g => g.Count() > 1))
                yield return $"{grain}: {string.Join(" and ", stream.Select(u => u.What))} are one stream, '{stream.Key.Name}' in log '{stream.Key.Log}'; give each its own name.";
        }
    }

    /// <summary>Whether a class has a stream whose id contains a grain type that is made from the class's name, which may change.</summary>
    public bool IsNamedByClass(Type grain)
        => grain.GetCustomAttribute<GrainTypeAttribute>() is null
            && grain.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Any(c => UsesOf(grain, c).Any());

    private IEnumerable<Use> UsesOf(Type grain, ConstructorInfo constructor)
    {
        foreach (ParameterInfo parameter in constructor.GetParameters())
        {
            if (parameter.GetCustomAttribute<GrainLogAttribute>() is { } log)
                yield return new Use(log.ProviderName, log.Name, $"the grain log '{log.Name}' of parameter '{parameter.Name}'");
            if (parameter.GetCustomAttribute<PersistentStateAttribute>() is { } state && LogOf(state.StorageName) is { } stateLog)
                yield return new Use(stateLog, state.StateName, $"the persistent state '{state.StateName}' of parameter '{parameter.Name}'");
            if (parameter.GetCustomAttribute<TransactionalStateAttribute>() is { } transactional && LogOf(transactional.StorageName) is { } transactionalLog)
                yield return new Use(transactionalLog, transactional.StateName + TransactionalStateStorageFactory.Suffix, $"the transactional state '{transactional.StateName}' of parameter '{parameter.Name}'");
        }

        if (JournaledGrainTypes.BaseOf(grain.BaseType) is not null)
        {
            foreach (string log in _logs.Values.Distinct())
                yield return new Use(log, JournaledGrainLogFactory.StreamName, "the events of the journaled grain");
        }
    }

    private string? LogOf(string? storage) => _logs.GetValueOrDefault(storage ?? "Default");

    private readonly record struct Use(string Log, string Name, string What);
}
