using System.Text.Json.Serialization;
using Actors.ClientDemo.Statements;

namespace Actors.ClientDemo;

/// <summary>What the demo measured; the names are those of the JSON file.</summary>
internal sealed record DemoResult
{
    public required long Acknowledged { get; init; }

    public required int Lost { get; init; }

    public required int Beyond { get; init; }

    public required int Mismatched { get; init; }

    public required double ThroughputPerSecond { get; init; }

    public required double P50Ms { get; init; }

    public required double P99Ms { get; init; }

    public required double RecoveryMs { get; init; }

    public required long ReplayedEvents { get; init; }

    public required int Kills { get; init; }

    /// <summary>The statement that was asked for.</summary>
    public AccountStatement? Statement { get; init; }

    [JsonIgnore]
    public bool IsGood => Lost == 0 && Mismatched == 0;
}
