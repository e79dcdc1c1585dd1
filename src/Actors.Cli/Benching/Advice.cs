namespace Actors.Cli.Benching;

/// <summary>Explains what the measurements of a disk mean for a log on it.</summary>
internal static class Advice
{
    private const double SuspiciouslyFastMicros = 15;
    private const double SlowMicros = 3_000;
    private const double UnsteadyRatio = 20;

    public static IEnumerable<string> Of(FlushFigures small, FlushFigures large, string fileSystem)
    {
        if (fileSystem is "tmpfs" or "ramfs")
            yield return $"The directory is in memory ({fileSystem}): nothing there survives loss of power.";
        else if (small.P50Micros < SuspiciouslyFastMicros)
            yield return $"A flush takes {small.P50Micros:F0} µs. Few devices are that fast: make sure that flushes are not swallowed by a cache without power-loss protection, or by a mount option such as nobarrier.";
        if (small.P50Micros > SlowMicros)
            yield return $"A flush takes {small.P50Micros / 1000:F1} ms, and a lone caller waits that long for each append. Many callers share a flush; for the rest, a device with power-loss protection, or sync policy Interval where some loss is allowed.";
        if (small.P99Micros > UnsteadyRatio * small.P50Micros)
            yield return $"One flush in a hundred takes {small.P99Micros / small.P50Micros:F0} times as long as the usual one: something else writes to this device, or it throttles.";
        yield return $"One flush after the other, a lone caller makes about {small.FlushesPerSecond:N0} appends per second; batches of {large.Bytes / 1024} KiB move {large.MegabytesPerSecond:N0} MB/s.";
    }
}
