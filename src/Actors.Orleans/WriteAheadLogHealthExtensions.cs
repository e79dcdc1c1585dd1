using Actors.Orleans.Health;
using Actors.Orleans.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Actors.Orleans;

/// <summary>Adds health checks of write-ahead logs, and reads their status.</summary>
public static class WriteAheadLogHealthExtensions
{
    /// <summary>The tag of checks that fail only when the silo must be started again.</summary>
    public const string LiveTag = "live";

    /// <summary>The tag of checks that fail while the silo should get no calls.</summary>
    public const string ReadyTag = "ready";

    /// <summary>
    /// Adds a check for each write-ahead log of the silo, with the log's name and the tags <see cref="LiveTag"/> and <see cref="ReadyTag"/>.
    /// <c>Unhealthy</c>: the store failed, or is not open. <c>Degraded</c>: it is full or nearly, has damaged segments, quarantined streams, slow
    /// flushes or a clock that jumped, or can't archive or compact. The data has <c>streams</c>, <c>durableLsn</c>, <c>waitingAppends</c>,
    /// <c>quarantinedStreams</c>; for a store on files <c>fileBytes</c> and <c>damagedSegments</c>; and, where known, <c>quotaBytes</c> and
    /// <c>flushP99Ms</c>.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="configure">Changes the thresholds.</param>
    /// <exception cref="OrleansConfigurationException">
    /// A threshold is out of its range; or, when the checks are first used, there is no write-ahead log.
    /// </exception>
    public static IHealthChecksBuilder AddWriteAheadLog(this IHealthChecksBuilder builder, Action<WriteAheadLogHealthOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new WriteAheadLogHealthOptions();
        configure?.Invoke(options);
        options.Validate();
        builder.Services.AddOptions<HealthCheckServiceOptions>().Configure<IServiceProvider>((checks, services) =>
        {
            // The silo may be configured after the checks, so its logs are looked up when the checks are first used.
            IReadOnlyList<LogStoreHost> logs = LogStoreHost.All(services);
            if (logs.Count == 0)
                throw new OrleansConfigurationException("AddHealthChecks().AddWriteAheadLog() has no write-ahead log to check; add one to the silo with AddWriteAheadLog, or in the section Orleans:GrainStorage.");
            foreach (LogStoreHost log in logs)
                checks.Registrations.Add(new HealthCheckRegistration(log.Name, s => new WriteAheadLogHealth(log, s.GetRequiredService<ProcessMeasurements>(), options), null, [LiveTag, ReadyTag]));
        });
        return builder;
    }

    /// <summary>Adds the check <c>started</c> with the tag <see cref="ReadyTag"/>: healthy once the silo has started, until it begins to stop.</summary>
    public static IHealthChecksBuilder AddSiloStarted(this IHealthChecksBuilder builder)
        => builder.AddCheck<SiloStartedHealth>("started", tags: [ReadyTag]);

    /// <summary>Reads the counts and sizes of a write-ahead log.</summary>
    /// <exception cref="InvalidOperationException">There is no such log, or the silo is not running.</exception>
    public static WriteAheadLogStatus GetWriteAheadLogStatus(this IServiceProvider services, string name = WriteAheadLogOptions.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(services);
        return WriteAheadLogStatus.Of(services.GetRequiredKeyedService<LogStoreHost>(name), services.GetRequiredService<ProcessMeasurements>());
    }
}
