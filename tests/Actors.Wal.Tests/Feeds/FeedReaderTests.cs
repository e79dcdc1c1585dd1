using Actors.Wal.Feeds;
using Actors.Wal.Local;

namespace Actors.Wal.Tests.Feeds;

public sealed class FeedReaderTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_skip_to_any_record_the_next_ones_follow_without_a_gap(bool isCold)
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        for (int i = 0; i < 400; i++)
            await stream.AppendAsync([.. Enumerable.Range(0, i % 4 + 1).Select(_ => new EventData(new byte[1000]))]);
        Assert.True(store.Statistics.Segments > 3);
        if (isCold)
            Assert.True((await store.CompactAsync(0, compress: true)).Segments > 2);
        long last = store.Statistics.Durable.Value;
        var random = new Random(3);
        for (int i = 0; i < 100; i++)
        {
            FeedReader reader = store.Feed(new Lsn(random.NextInt64(0, last / 2)));
            var expected = new List<long>();
            var read = new List<long>();
            while (reader.Seen.Value < last)
            {
                reader.SkipTo(new Lsn(random.NextInt64(reader.Seen.Value, last + 1)));
                long end = Math.Min(last, reader.Seen.Value + 5);
                expected.AddRange(Enumerable.Range((int)reader.Seen.Value + 1, (int)(end - reader.Seen.Value)).Select(l => (long)l));
                read.AddRange(reader.Read(new Lsn(end)).Select(r => r.Lsn.Value).Where(l => l <= end));
            }

            Assert.Equal(expected, read.Where(expected.ToHashSet().Contains).Distinct());
            Assert.Equal(read.Order(), read);
        }
    }

    [Fact]
    public async Task A_skip_back_is_none()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await stream.AppendManyAsync(10);
        FeedReader reader = store.Feed(new Lsn(5));
        reader.SkipTo(new Lsn(2));
        Assert.Equal([6, 7, 8, 9, 10], reader.Read(new Lsn(10)).Select(r => r.Lsn.Value));
    }
}
