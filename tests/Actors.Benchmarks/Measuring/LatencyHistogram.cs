using System.Diagnostics;
using System.Numerics;

namespace Actors.Benchmarks.Measuring;

/// <summary>
/// Counts latencies in buckets that are 1/64 of their value wide, from nanoseconds to half an hour. Recording allocates
/// nothing and may come from many threads.
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

    /// <summary>The latency below which a share of the calls stayed, in microseconds; 0 without any.</summary>
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

    // Below 64 ns a bucket is a nanosecond; above, every doubling has 64 buckets.
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
