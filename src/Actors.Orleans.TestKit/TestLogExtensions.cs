using Microsoft.Extensions.DependencyInjection;

namespace Actors.Orleans.TestKit;

/// <summary>Keeps the logs of a silo in memory, for tests.</summary>
public static class TestLogExtensions
{
    /// <summary>Keeps the logs in a test's log. Several silos may share it. The store has the options of the first silo that starts.</summary>
    /// <param name="options">The provider's options.</param>
    /// <param name="log">The log.</param>
    public static WriteAheadLogOptions UseTestLog(this WriteAheadLogOptions options, TestLog log)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(log);
        return options.UseStore(async (services, cancellationToken)
            => await log.OpenAsync(options.ToLocal(services.GetRequiredService<TimeProvider>()) with { Directory = "/memory" }, cancellationToken).ConfigureAwait(false));
    }
}
