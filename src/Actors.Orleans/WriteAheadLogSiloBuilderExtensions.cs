using Actors.Orleans.Codecs;
using Actors.Orleans.GrainClasses;
using Actors.Orleans.GrainLogs;
using Actors.Orleans.Health;
using Actors.Orleans.Hosting;
using Actors.Orleans.JournaledGrains;
using Actors.Orleans.Reminders;
using Actors.Orleans.GrainStorage;
using Actors.Orleans.TransactionalStates;
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

    /// <summary>Adds a provider. Its store opens before grains activate, and closes after they are gone.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The provider's name, to which attributes such as <c>[GrainLog]</c> and <c>[LogConsistencyProvider]</c> refer.</param>
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
        services.TryAddSingleton<ProcessMeasurements>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ILifecycleParticipant<ISiloLifecycle>, ProcessMeasurements>(s => s.GetRequiredService<ProcessMeasurements>()));
        services.TryAddSingleton<LogCodecs>();
        services.TryAddSingleton<GrainLogFactory>();
        services.TryAddSingleton<IAttributeToFactoryMapper<GrainLogAttribute>, GrainLogAttributeMapper>();
        services.AddKeyedSingleton(name, (s, _) => ActivatorUtilities.CreateInstance<LogStoreHost>(
            s, name, s.GetRequiredService<IOptionsMonitor<WriteAheadLogOptions>>().Get(name)));
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(s => s.GetRequiredKeyedService<LogStoreHost>(name));
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(s => ActivatorUtilities.CreateInstance<SingleSiloCheck>(
            s, name, s.GetRequiredService<IOptionsMonitor<WriteAheadLogOptions>>().Get(name)));
        services.AddSingleton<IConfigurationValidator>(s => new WriteAheadLogValidator(
            name, s.GetRequiredService<IOptionsMonitor<WriteAheadLogOptions>>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigurationValidator, GrainClassValidator>());
        services.AddSingleton(new StorageInLog(name, name));
        services.AddGrainStorage(name, static (s, n) => ActivatorUtilities.CreateInstance<WalGrainStorage>(
            s, s.GetRequiredKeyedService<LogStoreHost>(n)));
        services.TryAddSingleton<Factory<IGrainContext, ILogConsistencyProtocolServices>>(s => context => ActivatorUtilities.CreateInstance<JournaledGrainServices>(s, context));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureGrainContextProvider, JournaledGrainMigrationConfigurator>());
        services.AddKeyedSingleton<ILogViewAdaptorFactory>(name, (s, _) => ActivatorUtilities.CreateInstance<JournaledGrainLogFactory>(
            s, s.GetRequiredKeyedService<LogStoreHost>(name)));
        services.AddKeyedSingleton<ITransactionalStateStorageFactory>(name, (s, _) => ActivatorUtilities.CreateInstance<TransactionalStateStorageFactory>(
            s, s.GetRequiredKeyedService<LogStoreHost>(name)));
        return builder;
    }

    /// <summary>
    /// Adds grain storage of another name on an existing write-ahead log, for components that need a fixed name:
    /// <c>PubSubStore</c>, where streams keep their subscriptions, or <c>Default</c>.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="storageName">The storage's name. It is not part of the streams' names: a grain's state is the same through both.</param>
    /// <param name="logName">The write-ahead log's name.</param>
    public static ISiloBuilder AddWriteAheadLogGrainStorage(this ISiloBuilder builder, string storageName, string logName = WriteAheadLogOptions.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(storageName);
        ArgumentException.ThrowIfNullOrEmpty(logName);
        builder.Services.AddSingleton<IConfigurationValidator>(s => new LogNameValidator(s, $"Grain storage '{storageName}'", logName));
        builder.Services.AddSingleton(new StorageInLog(storageName, logName));
        builder.Services.AddGrainStorage(storageName, (s, _) => ActivatorUtilities.CreateInstance<WalGrainStorage>(
            s, s.GetRequiredKeyedService<LogStoreHost>(logName)));
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

    /// <summary>Keeps Orleans' reminders in a write-ahead log, as durably as its other streams. Registers <c>IReminderTable</c>.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="logName">The write-ahead log's name.</param>
    public static ISiloBuilder UseWriteAheadLogReminders(this ISiloBuilder builder, string logName = WriteAheadLogOptions.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(logName);
        builder.AddReminders();
        builder.Services.AddSingleton<IReminderTable>(s => ActivatorUtilities.CreateInstance<LogReminderTable>(s, LogNameValidator.Require(s, "The reminder table", logName)));
        return builder;
    }

    /// <summary>Registers how events change a state whose type doesn't implement <see cref="IApply{TEvent}"/>.</summary>
    public static ISiloBuilder ApplyGrainLogEvents<TState, TEvent>(this ISiloBuilder builder, Func<TState, TEvent, TState> apply)
        where TState : class, new()
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(apply);
        builder.Services.AddSingleton(new EventApplier<TState, TEvent>(apply));
        return builder;
    }

    /// <summary>Turns events of an old type into events of today's types whenever they are read. The records in the log do not change.</summary>
    /// <typeparam name="TEvent">The event type of the grain logs or journaled grains.</typeparam>
    /// <typeparam name="TOld">The old type: one of the event types, by union key or alias; or, where the event type has no subtypes and got another alias, a type with the old alias.</typeparam>
    /// <param name="builder">The silo.</param>
    /// <param name="upcast">Returns the event that an old event stands for.</param>
    /// <exception cref="ArgumentException">Events of the old type can't be recognized in the log.</exception>
    public static ISiloBuilder UpcastGrainLogEvents<TEvent, TOld>(this ISiloBuilder builder, Func<TOld, TEvent> upcast)
        where TOld : class
    {
        ArgumentNullException.ThrowIfNull(upcast);
        return AddUpcaster(builder, new EventUpcaster<TEvent, TOld>(old => [upcast(old)], splits: false));
    }

    /// <summary>
    /// Turns events of an old type into several, or into none, whenever they are read. All of them have the version of the old event. Not for
    /// journaled grains, which count their events. Events of the old type can't be appended any more.
    /// </summary>
    /// <typeparam name="TEvent">The event type of the grain logs.</typeparam>
    /// <typeparam name="TOld">The old type, as in the overload that turns one event into one.</typeparam>
    /// <param name="builder">The silo.</param>
    /// <param name="upcast">Returns the events that an old event stands for, in their order.</param>
    /// <exception cref="ArgumentException">Events of the old type can't be recognized in the log.</exception>
    public static ISiloBuilder UpcastGrainLogEvents<TEvent, TOld>(this ISiloBuilder builder, Func<TOld, IEnumerable<TEvent>> upcast)
        where TOld : class
    {
        ArgumentNullException.ThrowIfNull(upcast);
        return AddUpcaster(builder, new EventUpcaster<TEvent, TOld>(old => [.. upcast(old)], splits: true));
    }

    private static ISiloBuilder AddUpcaster<TEvent, TOld>(ISiloBuilder builder, EventUpcaster<TEvent, TOld> upcast)
        where TOld : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (upcast.Alias is null && !typeof(TEvent).IsAssignableFrom(typeof(TOld)))
            throw new ArgumentException($"{typeof(TOld)} is no {typeof(TEvent)} and has no alias; give it [Alias(\"…\")] with the name that its events have in the log.", nameof(upcast));
        builder.Services.AddSingleton<EventUpcaster<TEvent>>(upcast);
        return builder;
    }

    /// <summary>
    /// Turns checkpoints of an earlier version into states of grain logs and journaled grains. Without it such a state is rebuilt from
    /// its events, which must all be kept.
    /// </summary>
    /// <typeparam name="TState">The state, which has a <see cref="GrainStateVersionAttribute"/>.</typeparam>
    /// <typeparam name="TOld">A type that the old checkpoints can be decoded as.</typeparam>
    /// <param name="builder">The silo.</param>
    /// <param name="version">The earlier version; null for checkpoints from before the state had one.</param>
    /// <param name="upcast">Returns the state that the old one stands for.</param>
    public static ISiloBuilder UpcastGrainState<TState, TOld>(this ISiloBuilder builder, int? version, Func<TOld, TState> upcast)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(upcast);
        builder.Services.AddSingleton<StateUpcaster<TState>>(new StateUpcaster<TState, TOld>(version, isAny: false, upcast));
        return builder;
    }

    /// <summary>As the other overload, for checkpoints of all versions that have no upcaster of their own. Use it for versions by shape.</summary>
    /// <typeparam name="TState">The state, which has a <see cref="GrainStateVersionAttribute"/>.</typeparam>
    /// <typeparam name="TOld">A type that the old checkpoints can be decoded as.</typeparam>
    /// <param name="builder">The silo.</param>
    /// <param name="upcast">Returns the state that the old one stands for.</param>
    public static ISiloBuilder UpcastGrainState<TState, TOld>(this ISiloBuilder builder, Func<TOld, TState> upcast)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(upcast);
        builder.Services.AddSingleton<StateUpcaster<TState>>(new StateUpcaster<TState, TOld>(null, isAny: true, upcast));
        return builder;
    }

    /// <summary>Returns the store of a provider, for change feeds, statistics and health. It is open while the silo runs.</summary>
    /// <exception cref="InvalidOperationException">There is no such provider, or the silo is not running.</exception>
    public static Actors.Wal.ILogStore GetWriteAheadLog(this IServiceProvider services, string name = WriteAheadLogOptions.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.GetRequiredKeyedService<LogStoreHost>(name).Store;
    }

    /// <summary>Returns the quarantined streams of a provider: this silo could not activate their grains.</summary>
    public static IReadOnlyCollection<QuarantinedStream> GetQuarantinedStreams(this IServiceProvider services, string name = WriteAheadLogOptions.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.GetRequiredKeyedService<LogStoreHost>(name).Quarantine.Streams;
    }

    /// <summary>
    /// Drops the checkpoint of a grain log or a journaled grain, so that its state is rebuilt from its events. All of them must be kept.
    /// The grain's current activation ends, and the next one rebuilds the state.
    /// </summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="name">The provider.</param>
    /// <exception cref="ArgumentException">There is no such stream or no checkpoint, or events were dropped.</exception>
    public static async Task DropCheckpointAsync(this IServiceProvider services, string stream, string name = WriteAheadLogOptions.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(services);
        LogStoreHost host = services.GetRequiredKeyedService<LogStoreHost>(name);
        await Actors.Wal.DroppedCheckpoint.WriteAsync(host.Store, new Actors.Wal.LogStreamId(stream));
    }

    /// <summary>
    /// Tells replay to skip an event that can't be decoded or applied. An event that can be applied is applied all the same. The event stays
    /// in the log. The skip is recorded in the stream of <see cref="Actors.Wal.SkippedEvents"/>.
    /// </summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="version">The event.</param>
    /// <param name="reason">The reason, which is kept with the record.</param>
    /// <param name="name">The provider.</param>
    /// <exception cref="ArgumentException">There is no such event, or no reason is given.</exception>
    public static async Task SkipEventAsync(this IServiceProvider services, string stream, long version, string reason, string name = WriteAheadLogOptions.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        LogStoreHost host = services.GetRequiredKeyedService<LogStoreHost>(name);
        await host.Quarantine.SkipAsync(host.Store, new Actors.Wal.LogStreamId(stream), new Actors.Wal.Sequence(version), reason);
    }

    /// <summary>Takes back a skip by <see cref="SkipEventAsync"/>, for activations from now on.</summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="version">The event.</param>
    /// <param name="reason">The reason, which is kept with the record.</param>
    /// <param name="name">The provider.</param>
    /// <exception cref="ArgumentException">The event is not skipped, or no reason is given.</exception>
    public static async Task UnskipEventAsync(this IServiceProvider services, string stream, long version, string reason, string name = WriteAheadLogOptions.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        LogStoreHost host = services.GetRequiredKeyedService<LogStoreHost>(name);
        await host.Quarantine.UnskipAsync(host.Store, new Actors.Wal.LogStreamId(stream), new Actors.Wal.Sequence(version), reason);
    }
}
