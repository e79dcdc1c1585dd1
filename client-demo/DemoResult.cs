using System.Text.Json.Serialization;
using Actors.ClientDemo.Checking;
using Actors.ClientDemo.Clusters;
using Actors.ClientDemo.Ledgers;
using Actors.ClientDemo.Running;
using Actors.ClientDemo.Statements;

namespace Actors.ClientDemo;

/// <summary>The demo's result; the names are those of the JSON file.</summary>
internal sealed record DemoResult
{
    public required long Acknowledged { get; init; }

    public required int Lost { get; init; }

    public required int Beyond { get; init; }

    public required int Mismatched { get; init; }

    public required double ThroughputPerSecond { get; init; }

    public required double P50Ms { get; init; }

    public required double P99Ms { get; init; }

    public double RecoveryMs { get; init; }

    public long ReplayedEvents { get; init; }

    public int Kills { get; init; }

    /// <summary>The faults of the cluster, if there was one.</summary>
    public ChaosResult? Chaos { get; init; }

    /// <summary>The requested statement.</summary>
    public AccountStatement? Statement { get; init; }

    [JsonIgnore]
    public bool IsGood => Lost == 0 && Mismatched == 0 && Chaos is null or { Outdated: 0 };

    /// <summary>Returns the result of a run and of the check after it.</summary>
    public static DemoResult Of(Ledger ledger, LedgerRun run, CheckResult check) => new()
    {
        Acknowledged = ledger.Steps.Where(s => s.Outcome == StepOutcome.Acknowledged).Sum(s => (long)s.EventCount),
        Lost = check.Lost,
        Beyond = check.Beyond,
        Mismatched = check.Mismatched,
        ThroughputPerSecond = Math.Round(run.PerSecond, 1),
        P50Ms = Math.Round(run.PercentileMs(0.5), 3),
        P99Ms = Math.Round(run.PercentileMs(0.99), 3),
    };
}
