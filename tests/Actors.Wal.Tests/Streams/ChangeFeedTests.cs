using Actors.Wal.Local;

namespace Actors.Wal.Tests.Streams;

public sealed class ChangeFeedTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_feed_starts_in_the_middle_of_a_batch_and_its_LSNs_are_consecutive()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            await stream.AppendAsync([.. Enumerable.Range(1, 20).Select(Payloads.Of)]);
        }

        await using LocalLogStore reopened = await _directory.OpenAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        ILogStream again = await reopened.OpenAsync(new LogStreamId("a"));
        await again.AppendManyAsync(5, 21);
        var lsns = new List<long>();
        await foreach (LogRecord record in reopened.SubscribeAsync(new Lsn(13), limit.Token))
        {
            lsns.Add(record.Lsn.Value);
            if (lsns.Count == 13)
                break;
        }

        Assert.Equal(Enumerable.Range(13, 13).Select(i => (long)i), lsns);
    }
}
