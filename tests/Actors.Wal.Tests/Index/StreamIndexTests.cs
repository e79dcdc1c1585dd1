using Actors.Wal.Format;
using Actors.Wal.Index;

namespace Actors.Wal.Tests.Index;

public sealed class StreamIndexTests
{
    [Fact]
    public void Random_changes_leave_what_a_dictionary_has()
    {
        var random = new Random(11);
        var index = new StreamIndex();
        var model = new HashSet<(ulong Hash, ulong Location)>();
        ulong next = 1;
        for (int i = 0; i < 200_000; i++)
        {
            // Few hashes, so that entries collide and runs of slots grow together.
            ulong hash = (ulong)random.Next(500) * 0x9E3779B97F4A7C15;
            (ulong Hash, ulong Location) held = model.Count > 0 ? model.ElementAt(0) : default;
            switch (random.Next(10))
            {
                case < 4 when model.Count < 3000:
                    index.Add(hash, new FrameLocation(next));
                    model.Add((hash, next++));
                    break;
                case < 7 when model.Count > 0:
                    Assert.True(index.Replace(held.Hash, new FrameLocation(held.Location), new FrameLocation(next)));
                    model.Remove(held);
                    model.Add((held.Hash, next++));
                    break;
                case < 9 when model.Count > 0:
                    Assert.True(index.Remove(held.Hash, new FrameLocation(held.Location)));
                    model.Remove(held);
                    break;
                default:
                    Assert.False(index.Remove(hash, new FrameLocation(ulong.MaxValue)));
                    break;
            }
        }

        Assert.Equal(model.Count, index.Count);
        foreach (IGrouping<ulong, (ulong Hash, ulong Location)> group in model.GroupBy(e => e.Hash))
            Assert.Equal(group.Select(e => e.Location).Order(), index.Find(group.Key).Select(l => l.Value).Order());
        Assert.Equal(model.Select(e => e.Location).Order(), index.Heads().Select(e => e.Location));
    }
}
