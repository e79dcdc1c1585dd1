using Actors.Wal.Format;
using Actors.Wal.Index;

namespace Actors.Wal.Tests.Index;

/// <summary>Run alone: what other tests allocate would be counted.</summary>
[CollectionDefinition(nameof(StreamIndexMemoryTests), DisableParallelization = true)]
[Collection(nameof(StreamIndexMemoryTests))]
public sealed class StreamIndexMemoryTests
{
    /// <summary>Sizes a little above those at which the tables grow are the worst.</summary>
    [Theory]
    [InlineData(1_000_000)]
    [InlineData(1_150_000)]
    [InlineData(1_300_000)]
    [InlineData(1_500_000)]
    [InlineData(1_750_000)]
    public void A_stream_takes_at_most_32_bytes(int count)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var index = new StreamIndex();
        for (ulong i = 1; i <= (ulong)count; i++)
            index.Add(i * 0x9E3779B97F4A7C15, new FrameLocation(i));
        double bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)count;
        Assert.Equal(count, index.Count);
        Assert.InRange(bytes, 16, 32);
        GC.KeepAlive(index);
    }
}
