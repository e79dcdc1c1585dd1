using Actors.Wal.Format;
using Actors.Wal.Index;

namespace Actors.Wal.Tests.Index;

public sealed class HeadRankingTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(300, 1)]
    [InlineData(100_000, 1)]
    [InlineData(100_000, 7)]
    public void Pages_of_the_newest_heads_are_those_of_a_sorted_list(int heads, uint segments)
    {
        var random = new Random(heads);
        var index = new StreamIndex();
        var model = new HashSet<ulong>();
        while (model.Count < heads)
        {
            // Clusters at both ends of a segment, and a few heads far from all others.
            long offset = random.Next(3) switch
            {
                0 => random.Next(1, 200_000) * 8L,
                1 => 30_000_000_000 + random.Next(1, 200_000) * 8L,
                _ => random.NextInt64(1, 1L << 31) * 8,
            };
            var location = new FrameLocation((uint)random.Next(1, (int)segments + 1), offset);
            if (model.Add(location.Value))
                index.Add((ulong)random.NextInt64(), location);
        }

        ulong[] sorted = [.. model.OrderDescending()];
        foreach (long skip in new[] { 0, 1, 99, heads / 3, heads / 2, heads - 50, heads - 1, heads, heads + 5 }.Where(s => s >= 0))
        {
            foreach (int take in new[] { 0, 1, 100, 40_000 })
                Assert.Equal(sorted.Skip((int)skip).Take(take), index.Newest(1, segments, skip, take).Select(l => l.Value));
        }
    }
}
