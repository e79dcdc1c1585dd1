namespace Actors.Wal.Format;

/// <summary>Converts times to and from the log's form: microseconds since 1970-01-01 UTC.</summary>
internal static class UnixMicros
{
    public static long Of(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset ToTime(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
}
