using System.Diagnostics.Metrics;

namespace Actors.Orleans;

/// <summary>The grain logs' part of the meter <c>Actors.Wal</c>. Grain keys are not used as dimensions.</summary>
internal static class Metrics
{
    /// <summary>The meter that the store and this assembly share.</summary>
    public const string MeterName = "Actors.Wal";

    public const string FlushDurationName = "actors.wal.flush.duration";
    public const string ReplayedName = "actors.grainlog.replayed";
    public const string CheckpointsName = "actors.grainlog.checkpoints";
    public const string FencedName = "actors.grainlog.fenced";

    private static readonly Meter Meter = new(MeterName);

    public static readonly Counter<long> Replayed = Meter.CreateCounter<long>(
        ReplayedName, "{event}", "Events replayed by activations.");

    public static readonly Counter<long> Rebuilt = Meter.CreateCounter<long>(
        "actors.grainlog.rebuilt", "{activation}", "Activations that replayed all events because their checkpoint could not be used.");

    public static readonly UpDownCounter<long> Quarantined = Meter.CreateUpDownCounter<long>(
        "actors.grainlog.quarantined", "{stream}", "Streams whose grains can't be activated: an event can't be decoded or applied.");

    public static readonly Counter<long> FencedWrites = Meter.CreateCounter<long>(
        FencedName, "{refusal}", "Writes of fenced activations that were refused: another one owns the stream.");

    public static readonly Counter<long> FencedActivations = Meter.CreateCounter<long>(
        "actors.grainlog.overtaken", "{activation}", "Activations that ended because another one had fenced them.");

    public static readonly Counter<long> Checkpoints = Meter.CreateCounter<long>(
        CheckpointsName, "{checkpoint}", "Checkpoints taken by grain logs.");
}
