namespace Actors.Orleans;

/// <summary>The thresholds from which the health check of a write-ahead log reports <c>Degraded</c>.</summary>
public sealed class WriteAheadLogHealthOptions
{
    /// <summary>The share of its quota that a store's files take; above 0, at most 1. 0.8 by default.</summary>
    public double QuotaShare { get; set; } = 0.8;

    /// <summary>
    /// The 99th percentile of the flushes of the last minute, of all logs on files of this process together; above zero. A second by default.
    /// It is not judged with fewer than 100 flushes in the minute.
    /// </summary>
    public TimeSpan FlushP99 { get; set; } = TimeSpan.FromSeconds(1);

    internal void Validate()
    {
        if (QuotaShare is not (> 0 and <= 1))
            throw new OrleansConfigurationException($"{nameof(QuotaShare)} of the health checks is {QuotaShare}; it must be above 0 and at most 1.");
        if (FlushP99 <= TimeSpan.Zero)
            throw new OrleansConfigurationException($"{nameof(FlushP99)} of the health checks is {FlushP99}; it must be above zero.");
    }
}
