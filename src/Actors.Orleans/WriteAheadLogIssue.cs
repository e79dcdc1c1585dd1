using Orleans.EventSourcing;

namespace Actors.Orleans;

/// <summary>
/// What a journaled grain's <c>OnConnectionIssue</c> is told when the log refused its events, because the disk is full for
/// instance: they were not written, they are given up, and confirming them fails. Nothing is tried again by itself.
/// </summary>
[GenerateSerializer]
[Alias("actors.WriteAheadLogIssue")]
public sealed class WriteAheadLogIssue : ConnectionIssue
{
    /// <summary>What the log said.</summary>
    [Id(0)]
    public string Message { get; set; } = "";

    /// <summary>Always zero: whoever raised the events decides whether to raise them again.</summary>
    public override TimeSpan ComputeRetryDelay(TimeSpan? previous) => TimeSpan.Zero;

    /// <inheritdoc/>
    public override string ToString() => Message;

    internal static WriteAheadLogIssue After(WriteAheadLogIssue? previous, Exception error, DateTimeOffset now) => new()
    {
        Message = error.Message,
        TimeStamp = now.UtcDateTime,
        TimeOfFirstFailure = previous?.TimeOfFirstFailure ?? now.UtcDateTime,
        NumberOfConsecutiveFailures = (previous?.NumberOfConsecutiveFailures ?? 0) + 1,
    };
}
