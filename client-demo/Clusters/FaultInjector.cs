using System.Diagnostics;
using System.Globalization;
using Actors.ClientDemo.Running;
using Spectre.Console;

namespace Actors.ClientDemo.Clusters;

/// <summary>Injects faults into a cluster's silos, one silo at a time. Each silo is ready again before the next fault.</summary>
internal sealed class FaultInjector(ChaosOptions options, SiloCluster cluster, ClusterDatabase database, int seed, IAnsiConsole console)
{
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan EvictionLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StaleLimit = TimeSpan.FromSeconds(10);

    private readonly Random _random = new(seed);
    private readonly Dictionary<FaultKind, int> _counts = [];

    public IReadOnlyDictionary<FaultKind, int> Counts => _counts;

    /// <summary>Refused appends of fenced activations on evicted silos, as far as those silos lived to report them.</summary>
    public long StaleRefused { get; private set; }

    /// <summary>Injects faults until the duration is over; the last one may take longer.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < options.Duration)
        {
            await WaitAsync(0.5, 2, cancellationToken);
            await RestartWhatEndedAsync(cancellationToken);
            if (options.Faults.Count == 0)
                continue;
            FaultKind kind = options.Faults[_random.Next(options.Faults.Count)];
            int number = _random.Next(cluster.Silos.Count);
            console.MarkupLineInterpolated($"{Stopwatch.GetElapsedTime(started).TotalSeconds,5:F1} s: {Name(kind)} silo {number + 1}");
            await MakeAsync(kind, cluster.Silos[number], cancellationToken);
            _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        }

        await RestartWhatEndedAsync(cancellationToken);
    }

    private async Task MakeAsync(FaultKind kind, SiloProcess silo, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case FaultKind.Kill:
                await silo.KillAsync(null);
                await WaitAsync(0, 3, cancellationToken);
                break;
            case FaultKind.Restart:
                await silo.StopAsync();
                break;
            default:
                await PauseAsync(silo, cancellationToken);
                break;
        }

        await SiloCluster.StartAsync(silo, cancellationToken);
    }

    /// <summary>Pauses a silo until the others have taken over its grains. It resumes with calls in its queues and appends under way.</summary>
    private async Task PauseAsync(SiloProcess silo, CancellationToken cancellationToken)
    {
        await silo.SignalAsync("STOP");
        long stopped = Stopwatch.GetTimestamp();
        while (cluster.Silos.Count > 1 && !await database.IsDeadAsync(silo.SiloPort, cancellationToken))
        {
            if (Stopwatch.GetElapsedTime(stopped) > EvictionLimit)
                throw new DemoException(string.Create(CultureInfo.InvariantCulture, $"A silo slept for {EvictionLimit.TotalSeconds} s, and the others did not declare it dead."));
            await Task.Delay(PollPeriod, TimeProvider.System, cancellationToken);
        }

        await WaitAsync(0.5, 2, cancellationToken);
        await silo.SignalAsync("CONT");
        long refused = 0;
        long woken = Stopwatch.GetTimestamp();
        while (!silo.HasEnded && Stopwatch.GetElapsedTime(woken) < StaleLimit)
            refused = Math.Max(refused, await silo.TryReadCountsAsync(cancellationToken) is { } counts ? counts.Fenced : 0);
        StaleRefused += refused;

        // A silo that learns of its eviction ends itself. The only silo of a cluster is never declared dead, so it must be stopped.
        await silo.StopAsync();
    }

    private async Task RestartWhatEndedAsync(CancellationToken cancellationToken)
    {
        foreach (SiloProcess silo in cluster.Silos)
        {
            if (silo.HasEnded)
                await SiloCluster.StartAsync(silo, cancellationToken);
        }
    }

    private Task WaitAsync(double leastSeconds, double mostSeconds, CancellationToken cancellationToken)
        => Task.Delay(TimeSpan.FromSeconds(leastSeconds + (mostSeconds - leastSeconds) * _random.NextDouble()), TimeProvider.System, cancellationToken);

    private static string Name(FaultKind kind) => kind.ToString().ToLowerInvariant();
}
