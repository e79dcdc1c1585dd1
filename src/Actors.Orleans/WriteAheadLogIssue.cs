using Orleans.EventSourcing;

namespace Actors.Orleans;

/// <summary>
/// The issue that a journaled grain's <c>OnConnectionIssue</c> gets when the log rejected its events, for example because the disk is
/// full. The events were not written and are dropped, and confirming them fails. The log does not retry.
/// </summary>
[GenerateSerializer]
[Alias("actors.WriteAheadLogIssue")]
public sealed class WriteAheadLogIssue : ConnectionIssue
{
    /// <summary>The log's error message.</summary>
    [Id(0)]
    public string Message { get; set; } = "";

    /// <summary>Always zero: the log does not retry. The grain decides whether to raise the events again.</summary>
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
