using System.Diagnostics;
using System.Numerics;

namespace Actors.Benchmarks.Measuring;

/// <summary>
/// Counts latencies in buckets whose width is 1/64 of their value, from nanoseconds to half an hour. Recording allocates
/// nothing and is thread-safe.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int StepBits = 6;
    private const int Steps = 1 << StepBits;
    private const int MaxBits = 41;

    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly long[] _counts = new long[((MaxBits - StepBits) * Steps) + (2 * Steps)];

    public void Record(long ticks)
    {
        ulong nanoseconds = (ulong)Math.Max(0, ticks * NanosecondsPerTick);
        Interlocked.Increment(ref _counts[BucketOf(Math.Min(nanoseconds, (1UL << MaxBits) - 1))]);
    }

    /// <summary>Returns the latency in microseconds below which a share (0 to 1) of the calls stayed; 0 without calls.</summary>
    public double PercentileUs(double share)
    {
        long total = _counts.Sum();
        if (total == 0)
            return 0;
        long rank = Math.Max(1, (long)Math.Ceiling(total * share));
        long seen = 0;
        int bucket = 0;
        while ((seen += _counts[bucket]) < rank)
            bucket++;
        return MiddleOf(bucket) / 1000;
    }

    // Below 64 ns a bucket is 1 ns wide. Above, each power of two is divided into 64 buckets.
    private static int BucketOf(ulong value)
    {
        int shift = Math.Max(0, BitOperations.Log2(value) - StepBits);
        return (shift * Steps) + (int)(value >> shift);
    }

    private static double MiddleOf(int bucket)
    {
        int shift = Math.Max(0, (bucket / Steps) - 1);
        double start = (ulong)(bucket - (shift * Steps)) << shift;
        return start + (((1UL << shift) - 1) / 2.0);
    }
}
