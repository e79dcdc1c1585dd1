using Actors.Orleans.Codecs;
using Actors.Orleans.GrainLogs;
using Actors.Orleans.Hosting;
using Actors.Orleans.Journaled;
using Actors.Orleans.Storage;
using Actors.Orleans.Transactional;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.EventSourcing;
using Orleans.Runtime.Hosting;
using Orleans.Transactions.Abstractions;

namespace Actors.Orleans;

/// <summary>Adds write-ahead logs to a silo.</summary>
public static class WriteAheadLogSiloBuilderExtensions
{
    /// <summary>Adds the provider named <see cref="WriteAheadLogOptions.DefaultName"/>: <c>[GrainLog]</c> facets, grain storage, log consistency, and transactional states of that name.</summary>
    public static ISiloBuilder AddWriteAheadLog(this ISiloBuilder builder, Action<WriteAheadLogOptions> configure)
        => builder.AddWriteAheadLog(WriteAheadLogOptions.DefaultName, configure);

    /// <summary>Adds a provider: its store opens before grains activate and closes after they are gone.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The provider's name: what <c>[GrainLog]</c>, <c>[PersistentState]</c>, <c>[LogConsistencyProvider]</c> and <c>[TransactionalState]</c> refer to.</param>
    /// <param name="configure">Sets the options; at least the store.</param>
    public static ISiloBuilder AddWriteAheadLog(this ISiloBuilder builder, string name, Action<WriteAheadLogOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        IServiceCollection services = builder.Services;
        services.AddOptions<WriteAheadLogOptions>(name).Configure(configure);
        services.ConfigureNamedOptionForLogging<WriteAheadLogOptions>(name);
        services.AddWriteAheadLogErrors();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<LogCodecs>();
        services.TryAddSingleton<GrainLogFactory>();
        services.TryAddSingleton<IAttributeToFactoryMapper<GrainLogAttribute>, GrainLogAttributeMapper>();
        services.AddKeyedSingleton(name, (s, _) => ActivatorUtilities.CreateInstance<LogStoreHost>(
            s, name, s.GetRequiredService<IOptionsMonitor<WriteAheadLogOptions>>().Get(name)));
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(s => s.GetRequiredKeyedService<LogStoreHost>(name));
        services.AddSingleton<IConfigurationValidator>(s => new WriteAheadLogValidator(
            name, s.GetRequiredService<IOptionsMonitor<WriteAheadLogOptions>>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigurationValidator, GrainLogValidator>());
        services.AddGrainStorage(name, static (s, n) => ActivatorUtilities.CreateInstance<WalGrainStorage>(
            s, s.GetRequiredKeyedService<LogStoreHost>(n)));
        services.TryAddSingleton<Factory<IGrainContext, ILogConsistencyProtocolServices>>(s => context => ActivatorUtilities.CreateInstance<JournaledServices>(s, context));
        services.AddKeyedSingleton<ILogViewAdaptorFactory>(name, (s, _) => ActivatorUtilities.CreateInstance<JournaledLogFactory>(
            s, s.GetRequiredKeyedService<LogStoreHost>(name)));
        services.AddKeyedSingleton<ITransactionalStateStorageFactory>(name, (s, _) => ActivatorUtilities.CreateInstance<TransactionalStorageFactory>(
            s, s.GetRequiredKeyedService<LogStoreHost>(name)));
        return builder;
    }

    /// <summary>Keeps the logs of all journaled grains that name no log-consistency provider.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The write-ahead log's name.</param>
    public static ISiloBuilder UseWriteAheadLogForJournaledGrains(this ISiloBuilder builder, string name = WriteAheadLogOptions.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        builder.Services.AddSingleton(s => s.GetRequiredKeyedService<ILogViewAdaptorFactory>(name));
        return builder;
    }

    /// <summary>Says how events change a state whose type doesn't implement <see cref="IApply{TEvent}"/>.</summary>
    public static ISiloBuilder ApplyGrainLogEvents<TState, TEvent>(this ISiloBuilder builder, Func<TState, TEvent, TState> apply)
        where TState : class, new()
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(apply);
        builder.Services.AddSingleton(new EventApplier<TState, TEvent>(apply));
        return builder;
    }

    /// <summary>The store of a provider, for change feeds, statistics and health; open while the silo runs.</summary>
    /// <exception cref="InvalidOperationException">There is no such provider, or the silo is not running.</exception>
    public static Actors.Wal.ILogStore GetWriteAheadLog(this IServiceProvider services, string name = WriteAheadLogOptions.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.GetRequiredKeyedService<LogStoreHost>(name).Store;
    }
}
