using System.Collections.Concurrent;
using Actors.Orleans.Codecs;
using Actors.Wal;
using Actors.Orleans.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Actors.Orleans.GrainLogs;

/// <summary>Makes grain logs. The parts that all grains of a kind share are made once.</summary>
internal sealed class GrainLogFactory(IServiceProvider services, LogCodecs codecs, ILoggerFactory loggers)
{
    private readonly ConcurrentDictionary<(string Provider, Type State, Type Event), object> _kinds = new();

    public IGrainLog<TState, TEvent> Create<TState, TEvent>(IGrainContext context, GrainLogAttribute attribute)
        where TState : class, new()
    {
        var kind = (GrainLogKind<TState, TEvent>)_kinds.GetOrAdd(
            (attribute.ProviderName, typeof(TState), typeof(TEvent)), static (key, self) => self.KindOf<TState, TEvent>(key.Provider), this);
        WriteAheadLogOptions options = kind.Host.Options;
        StreamOptions stream = attribute.Retention is { } retention
            ? new StreamOptions { Retention = Retention.Parse(retention) }
            : options.StreamOptionsOf(attribute.Name, options.Retention);
        var log = new GrainLog<TState, TEvent>(kind, context, attribute.Name, stream);
        log.Participate(context.ObservableLifecycle);
        return log;
    }

    private GrainLogKind<TState, TEvent> KindOf<TState, TEvent>(string provider)
        where TState : class, new()
    {
        LogStoreHost host = services.GetKeyedService<LogStoreHost>(provider)
            ?? throw new OrleansConfigurationException($"There is no write-ahead log named '{provider}'; add it with AddWriteAheadLog(\"{provider}\", …).");
        return new GrainLogKind<TState, TEvent>(
            host,
            codecs.ForCheckpoint<TState>(host.Options.Codec),
            codecs.ForEvent<TEvent>(host.Options.Codec),
            ApplierOf<TState, TEvent>(),
            loggers.CreateLogger("Actors.Orleans.GrainLog"));
    }

    /// <summary>Returns the function that applies events to a state.</summary>
    /// <exception cref="OrleansConfigurationException">There is no such function.</exception>
    public Func<TState, TEvent, TState> ApplierOf<TState, TEvent>()
    {
        if (services.GetService<EventApplier<TState, TEvent>>() is { } applier)
            return applier.Apply;
        if (typeof(IApply<TEvent>).IsAssignableFrom(typeof(TState)))
        {
            return static (state, change) =>
            {
                ((IApply<TEvent>)state!).Apply(change);
                return state;
            };
        }

        throw new OrleansConfigurationException($"Nothing says how events change {typeof(TState)}; implement IApply<{typeof(TEvent).Name}>, or call ApplyGrainLogEvents.");
    }
}

/// <summary>The parts that all grain logs of one provider, state and event type share.</summary>
internal sealed record GrainLogKind<TState, TEvent>(
    LogStoreHost Host,
    CheckpointCodec<TState> States,
    PayloadCodec<TEvent> Events,
    Func<TState, TEvent, TState> Apply,
    ILogger Logger);
