namespace Actors.Wal.Tests.Streams;

public sealed class ChangeFeedTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_feed_gives_every_record_in_order_and_then_follows()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        ILogStream[] streams = [await store.OpenAsync(new StreamId("a")), await store.OpenAsync(new StreamId("b"))];
        await FillAsync(streams, 1500);
        Task<List<(long Lsn, string Stream, long Sequence)>> following = TakeAsync(store, new Lsn(1), 6000, limit.Token);
        await FillAsync(streams, 1500);
        List<(long Lsn, string Stream, long Sequence)> records = await following;
        Assert.Equal(Enumerable.Range(1, 6000).Select(i => (long)i), records.Select(r => r.Lsn));
        foreach (string stream in new[] { "a", "b" })
            Assert.Equal(Enumerable.Range(1, 3000).Select(i => (long)i), records.Where(r => r.Stream == stream).Select(r => r.Sequence));
    }

    [Fact]
    public async Task A_feed_starts_in_the_middle_of_a_batch_and_after_a_restart()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            ILogStream stream = await store.OpenAsync(new StreamId("a"));
            await stream.AppendAsync([.. Enumerable.Range(1, 20).Select(Payloads.Of)]);
        }

        await using LocalLogStore reopened = await _directory.OpenAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        ILogStream again = await reopened.OpenAsync(new StreamId("a"));
        await again.AppendManyAsync(5, 21);
        Assert.Equal(Enumerable.Range(13, 13).Select(i => (long)i), (await TakeAsync(reopened, new Lsn(13), 13, limit.Token)).Select(r => r.Lsn));
    }

    [Fact]
    public async Task A_feed_ends_when_its_store_closes()
    {
        LocalLogStore store = await _directory.OpenAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Task<List<(long Lsn, string Stream, long Sequence)>> following = TakeAsync(store, new Lsn(1), int.MaxValue, limit.Token);
        await store.DisposeAsync();
        Assert.Empty(await following);
    }

    private static async Task FillAsync(ILogStream[] streams, int count)
        => await Task.WhenAll(streams.Select(s => Task.WhenAll(Enumerable.Range(0, count).Select(i => s.AppendAsync(Payloads.Of(i)).AsTask()))));

    private static async Task<List<(long Lsn, string Stream, long Sequence)>> TakeAsync(LocalLogStore store, Lsn from, int count, CancellationToken cancellationToken)
    {
        var records = new List<(long, string, long)>();
        await foreach (LogRecord record in store.SubscribeAsync(from, cancellationToken))
        {
            records.Add((record.Lsn.Value, record.Stream.Value, record.Sequence.Value));
            if (records.Count == count)
                break;
        }

        return records;
    }
}
