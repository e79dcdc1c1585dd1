using Actors.Wal.Local;

namespace Actors.Wal.Tests.Streams;

/// <summary>The feed gives nothing that a power cut could take back, so no LSN ever stands for two records.</summary>
public sealed class DurableFeedTests : IDisposable
{
    private static readonly LogStreamId Id = new("s");

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("Never")]
    [InlineData("00:00:00.050")]
    [InlineData("Always")]
    public async Task A_feed_gives_only_what_is_durable_and_asks_for_the_flush_that_it_needs(string policy)
    {
        await using LocalLogStore store = await _directory.OpenAsync(o => o with { Sync = SyncPolicy.Parse(policy) });
        await using ILogStream stream = await store.OpenAsync(Id, cancellationToken: TestContext.Current.CancellationToken);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        Task appending = Task.Run(async () =>
        {
            for (int i = 1; i <= 200; i++)
                await stream.AppendAsync(Payloads.Of(i));
        });
        int given = 0;
        await foreach (LogRecord record in store.SubscribeAsync(new Lsn(1), limit.Token))
        {
            Assert.InRange(record.Lsn.Value, 1, store.Statistics.Durable.Value);
            if (++given == 200)
                break;
        }

        await appending;
    }

    [Fact]
    public async Task A_follower_that_goes_on_after_a_power_cut_misses_nothing()
    {
        var time = new ManualTime();
        var seen = new List<string>();
        Lsn last = Lsn.Zero;
        string segment;
        long durable = 0;
        using (TestDirectory image = await BeforePowerCutAsync())
        {
            // The power went: what was not flushed is gone.
            segment = image.Segments[0];
            byte[] bytes = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
            Array.Clear(bytes, (int)durable, bytes.Length - (int)durable);
            await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);
            await using LocalLogStore store = await image.OpenAsync();
            Assert.Equal(new Lsn(5), store.Recovery.LastLsn);
            await using ILogStream stream = await store.OpenAsync(Id, cancellationToken: TestContext.Current.CancellationToken);
            await stream.AppendManyAsync(5, 6);
            await foreach (LogRecord record in store.SubscribeAsync(last.Next, TestContext.Current.CancellationToken))
            {
                seen.Add($"{record.Kind} {record.Sequence} {record.Text()}");
                if (record.Lsn == new Lsn(10))
                    break;
            }
        }

        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"Event {i} event {i}"), seen);

        async Task<TestDirectory> BeforePowerCutAsync()
        {
            await using var stepped = new SteppedStore(_directory.Options with { Sync = SyncPolicy.Never, Time = time });
            ILogStream stream = await stepped.Store.OpenAsync(Id);
            for (int i = 1; i <= 5; i++)
                await AppendAsync(stepped, stream, i);
            ValueTask flush = stepped.Store.FlushAsync();
            stepped.StepAll();
            await flush;
            durable = stepped.Store.Parts.Segments.All[0].LengthBytes;
            for (int i = 6; i <= 10; i++)
                await AppendAsync(stepped, stream, -i);
            IAsyncEnumerator<LogRecord> feed = stepped.Store.SubscribeAsync(new Lsn(1)).GetAsyncEnumerator();
            ValueTask<bool> next = feed.MoveNextAsync();
            while (next.IsCompleted)
            {
                Assert.True(await next);
                seen.Add($"{feed.Current.Kind} {feed.Current.Sequence} {feed.Current.Text()}");
                last = feed.Current.Lsn;
                next = feed.MoveNextAsync();
            }

            Assert.Equal(new Lsn(5), last);
            return _directory.Image();
        }
    }

    private static async Task AppendAsync(SteppedStore stepped, ILogStream stream, int i)
    {
        ValueTask append = stream.AppendAsync(Payloads.Of(i)).AsVoid();
        stepped.StepAll();
        await append;
    }
}
