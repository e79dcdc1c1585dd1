using System.Reflection;
using System.Runtime.CompilerServices;
using Actors.Orleans.Codecs;
using Actors.Orleans.GrainLogs;
using Actors.Orleans.JournaledGrains;
using Actors.Orleans.TransactionalStates;
using Actors.Wal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.EventSourcing;
using Orleans.Metadata;
using Orleans.Providers;

namespace Actors.Orleans.Kinds;

/// <summary>The kinds of streams that the grain classes of a program declare.</summary>
internal sealed class StreamKinds
{
    private readonly Dictionary<(string Type, string Name), StreamKind> _kinds = [];
    private readonly HashSet<string> _types = new(StringComparer.Ordinal);
    private readonly HashSet<string> _retired;
    private readonly Dictionary<(string Type, string Name), bool> _orphans = [];
    private readonly IServiceProvider _services;
    private readonly WriteAheadLogOptions _options;
    private readonly string _provider;
    private readonly LogCodecs _codecs;

    /// <exception cref="OrleansConfigurationException">A grain class can't be used as declared.</exception>
    public StreamKinds(IServiceProvider services, string provider, IReadOnlyCollection<string> retired)
    {
        _retired = [.. retired];
        _services = services;
        _provider = provider;
        _options = services.GetRequiredService<IOptionsMonitor<WriteAheadLogOptions>>().Get(provider);
        _codecs = services.GetRequiredService<LogCodecs>();
        GrainTypeResolver types = services.GetRequiredService<GrainTypeResolver>();
        foreach (Type grain in services.GetRequiredService<IOptions<GrainTypeOptions>>().Value.Classes.Where(c => !c.ContainsGenericParameters))
        {
            string type = types.GetGrainType(grain).ToString()!;
            _types.Add(type);
            foreach (ParameterInfo parameter in grain.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).SelectMany(c => c.GetParameters()))
                Add(type, parameter);
            AddJournaled(type, grain);
        }
    }

    /// <summary>Returns the kind of a stream; null when no grain class declares it.</summary>
    public StreamKind? Of(LogStreamId stream) => _kinds.GetValueOrDefault(Parts(stream));

    /// <summary>
    /// Returns whether a stream without a kind belongs to a grain that would start with an empty state, because no class has its grain type,
    /// or its class has no log of that name. False, because not decided, for generic classes, stored states of a known class, journals,
    /// transactional states, and this product's own streams.
    /// </summary>
    public async ValueTask<bool> IsOrphanAsync(ILogReader reader, LogStreamId stream, CancellationToken cancellationToken)
    {
        (string Type, string Name) kind = Parts(stream);
        if (kind.Type.Length == 0 || kind.Type.StartsWith('$') || stream == SkippedEvents.Stream || _retired.Contains(kind.Type) || _retired.Contains($"{kind.Type}/{kind.Name}"))
            return false;
        if (kind.Type.Contains('`') || kind.Name is "durable" or "durable-metadata")
            return false;
        if (!_types.Contains(kind.Type))
            return true;
        if (kind.Name.EndsWith(TransactionalStateStorageFactory.Suffix, StringComparison.Ordinal))
            return false;
        if (_orphans.TryGetValue(kind, out bool known))
            return known;
        LogRecordKind? first = null;
        await foreach (LogRecord record in reader.ReplayAsync(stream, cancellationToken).ConfigureAwait(false))
        {
            first = record.Kind;
            break;
        }

        return first is null ? false : _orphans[kind] = first != LogRecordKind.State;
    }

    /// <summary>The name of a stream's kind: its id without the grain's key.</summary>
    public static string NameOf(LogStreamId stream)
    {
        (string type, string name) = Parts(stream);
        return type.Length == 0 ? name : $"{type}/…/{name}";
    }

    private static (string Type, string Name) Parts(LogStreamId stream)
    {
        int first = stream.Value.IndexOf('/', StringComparison.Ordinal);
        int last = stream.Value.LastIndexOf('/');
        return first < 0 ? ("", stream.Value) : (stream.Value[..first], stream.Value[(last + 1)..]);
    }

    private void Add(string type, ParameterInfo parameter)
    {
        if (parameter.GetCustomAttribute<GrainLogAttribute>() is { } log && log.ProviderName == _provider && GrainLogAttributeMapper.ArgumentsOf(parameter) is { } arguments)
            _kinds[(type, log.Name)] = Make(nameof(GrainLogKindOf), arguments.State, arguments.Event);
        else if (parameter.GetCustomAttribute<PersistentStateAttribute>() is { } state && state.StorageName == _provider && parameter.ParameterType is { IsGenericType: true } persistent)
            _kinds[(type, string.IsNullOrEmpty(state.StateName) ? parameter.Name! : state.StateName)] = Make(nameof(StateKindOf), persistent.GenericTypeArguments[0]);
    }

    private void AddJournaled(string type, Type grain)
    {
        if (JournaledGrainTypes.BaseOf(grain) is not { } journaled || !KeepsJournalHere(grain))
            return;
        _kinds[(type, JournaledGrainLogFactory.StreamName)] = Make(nameof(JournaledKindOf), [.. journaled.GenericTypeArguments, grain]);
    }

    private bool KeepsJournalHere(Type grain)
        => grain.GetCustomAttribute<LogConsistencyProviderAttribute>()?.ProviderName is { Length: > 0 } named
            ? named == _provider
            : _services.GetService<ILogViewAdaptorFactory>() is { } standard && ReferenceEquals(standard, _services.GetKeyedService<ILogViewAdaptorFactory>(_provider));

    private StreamKind Make(string method, params Type[] types)
    {
        try
        {
            return (StreamKind)GetType().GetMethod(method, BindingFlags.Instance | BindingFlags.NonPublic)!.MakeGenericMethod(types).Invoke(this, null)!;
        }
        catch (TargetInvocationException e) when (e.InnerException is not null)
        {
            throw e.InnerException;
        }
    }

    private EventStreamKind<TState, TEvent> GrainLogKindOf<TState, TEvent>()
        where TState : class, new()
        => new EventStreamKind<TState, TEvent>(
            _codecs.ForCheckpoint<TState>(_options.Codec), _codecs.ForEvent<TEvent>(_options.Codec), _services.GetRequiredService<GrainLogFactory>().ApplierOf<TState, TEvent>());

    private StateStreamKind<TState> StateKindOf<TState>() => new StateStreamKind<TState>(_codecs.ForState<TState>(_options.Codec));

    private EventStreamKind<TState, TEvent> JournaledKindOf<TState, TEvent, TGrain>()
        where TState : class, new()
        where TEvent : class
        => new EventStreamKind<TState, TEvent>(_codecs.TryForCheckpoint<TState>(_options.Codec, out _), _codecs.ForEvent<TEvent>(_options.Codec), JournaledApplier<TState, TEvent, TGrain>());

    /// <summary>Returns Orleans' function that applies events; null if the grain class overrides it: an override may need the grain.</summary>
    private static Func<TState, TEvent, TState>? JournaledApplier<TState, TEvent, TGrain>()
    {
        MethodInfo method = typeof(TGrain).GetMethod("TransitionState", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public, [typeof(TState), typeof(TEvent)])!;
        if (method.DeclaringType is not { IsGenericType: true } declaring || declaring.GetGenericTypeDefinition() != typeof(JournaledGrain<,>))
            return null;
        var apply = method.CreateDelegate<Action<TState, TEvent>>(RuntimeHelpers.GetUninitializedObject(typeof(TGrain)));
        return (state, change) =>
        {
            apply(state, change);
            return state;
        };
    }
}
