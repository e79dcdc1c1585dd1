using System.Reflection;
using Actors.Orleans.Codecs;
using Actors.Orleans.GrainLogs;
using Actors.Orleans.Hosting;
using Actors.Wal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Actors.Orleans.GrainClasses;

/// <summary>Checks every grain class with a <c>[GrainLog]</c> parameter when the silo starts, not on the first replay.</summary>
internal sealed class GrainClassValidator(
    IOptions<GrainTypeOptions> grains,
    IOptionsMonitor<WriteAheadLogOptions> options,
    IServiceProviderIsKeyedService keyed,
    IServiceProviderIsService registered,
    IEnumerable<StorageInLog> storages,
    ILoggerFactory loggers) : IConfigurationValidator
{
    private readonly DeclaredStreams _streams = new(storages);

    public void ValidateConfiguration()
    {
        var problems = grains.Value.Classes.SelectMany(g => ProblemsOf(g).Concat(_streams.ProblemsOf(g))).ToList();
        if (problems.Count > 0)
            throw new OrleansConfigurationException("Grain logs can't be used as declared:" + string.Concat(problems.Select(p => Environment.NewLine + "- " + p)));
        IReadOnlyList<string> unnamed = NamedByClass();
        if (unnamed.Count > 0)
            Log.NamedByClass(loggers.CreateLogger("Actors.Orleans.GrainLog"), string.Join(", ", unnamed));
    }

    /// <summary>The grain classes with streams that have no <c>[GrainType]</c>.</summary>
    public IReadOnlyList<string> NamedByClass() => [.. grains.Value.Classes.Where(_streams.IsNamedByClass).Select(g => g.Name).Order(StringComparer.Ordinal)];

    private IEnumerable<string> ProblemsOf(Type grain)
    {
        foreach (ConstructorInfo constructor in grain.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            foreach (ParameterInfo parameter in constructor.GetParameters())
            {
                if (parameter.GetCustomAttribute<GrainLogAttribute>() is not { } attribute)
                    continue;
                foreach (string problem in ProblemsOf(parameter, attribute))
                    yield return $"{grain}, parameter '{parameter.Name}': {problem}";
            }
        }
    }

    private IEnumerable<string> ProblemsOf(ParameterInfo parameter, GrainLogAttribute attribute)
    {
        if (string.IsNullOrEmpty(attribute.Name) || attribute.Name.Contains('/', StringComparison.Ordinal))
            yield return $"the log's name '{attribute.Name}' is empty or has a '/'.";
        if (!keyed.IsKeyedService(typeof(LogStoreHost), attribute.ProviderName))
            yield return $"there is no write-ahead log named '{attribute.ProviderName}'; add it with AddWriteAheadLog(\"{attribute.ProviderName}\", …).";
        if (attribute.Retention is { } retention && !Retention.TryParse(retention, null, out _))
            yield return $"its retention '{retention}' is none; use All, '3 checkpoints' (1 to 1000), or a time span between 00:00:01 and 36525.00:00:00.";
        if (GrainLogAttributeMapper.ArgumentsOf(parameter) is not { } arguments)
        {
            yield return $"its type is {parameter.ParameterType}; it must be IGrainLog<TState, TEvent>.";
            yield break;
        }

        (Type state, Type change) = arguments;
        if (state.ContainsGenericParameters || change.ContainsGenericParameters)
            yield break;
        if (!typeof(IApply<>).MakeGenericType(change).IsAssignableFrom(state)
            && !registered.IsService(typeof(EventApplier<,>).MakeGenericType(state, change)))
            yield return $"nothing says how events change {state}; implement IApply<{change.Name}>, or call ApplyGrainLogEvents.";
        foreach (string problem in EventTypeCheck.Problems(change, options.Get(attribute.ProviderName).Codec))
            yield return problem;
    }
}
