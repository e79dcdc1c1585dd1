using System.Runtime.CompilerServices;

namespace Actors.Wal.Tests;

public sealed class AppendTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_stream_counts_from_one_without_gaps()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new StreamId("account/1"));
        for (int i = 1; i <= 40; i++)
        {
            AppendResult result = await stream.AppendAsync(Payloads.Of(i));
            Assert.Equal(new Sequence(i), result.First);
            Assert.Equal(new Sequence(i), result.Last);
        }

        Assert.Equal(Enumerable.Range(1, 40).Select(i => $"Event {i} event {i}"), await stream.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task Events_are_there_after_the_store_was_closed_and_opened()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            await using ILogStream stream = await store.OpenAsync(new StreamId("account/1"));
            await stream.AppendManyAsync(3000);
            await stream.CheckpointAsync(new Sequence(2000), Payloads.Of("state 2000"));
            await stream.AppendManyAsync(100, 3001);
        }

        await using LocalLogStore reopened = await _directory.OpenAsync();
        Assert.True(reopened.Recovery.CleanClose);
        await using ILogStream again = await reopened.OpenAsync(new StreamId("account/1"));
        Assert.Equal(new Sequence(3100), again.Head);
        Assert.Equal(new Sequence(2000), again.Checkpoint);
        List<string> replay = await again.ReplayAsync().TextsAsync();
        Assert.Equal("Checkpoint 2000 state 2000", replay[0]);
        Assert.Equal(Enumerable.Range(2001, 1100).Select(i => $"Event {i} event {i}"), replay.Skip(1));
        Assert.Equal(Enumerable.Range(1, 3100).Select(i => $"Event {i} event {i}"), await again.ReadAsync(new Sequence(1), new Sequence(9999)).TextsAsync());
        Assert.Equal(Enumerable.Range(5, 496).Reverse().Select(i => $"Event {i} event {i}"), await again.ReadAsync(new Sequence(500), new Sequence(5)).TextsAsync());
    }

    [Fact]
    public async Task Many_callers_on_many_streams_lose_nothing()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, 64).Select(async s =>
            {
                await using ILogStream stream = await store.OpenAsync(new StreamId($"account/{s}"));
                await Task.WhenAll(Enumerable.Range(0, 8).Select(async c =>
                {
                    for (int i = 0; i < 50; i++)
                        await stream.AppendAsync(Payloads.Of(new string('x', 10 + ((s * i) % 500))));
                }));
            }));
            Assert.Equal(64 * 8 * 50, store.Statistics.AppendedFrames);
        }

        await using LocalLogStore reopened = await _directory.OpenAsync();
        Assert.Equal(64, reopened.Recovery.Streams);
        for (int s = 0; s < 64; s++)
        {
            await using ILogStream stream = await reopened.OpenAsync(new StreamId($"account/{s}"));
            Assert.Equal(400, (await stream.ReplayAsync().TextsAsync()).Count);
        }
    }

    [Fact]
    public async Task A_result_that_is_read_too_early_or_twice_disturbs_no_other_append()
    {
        await using var stepped = new SteppedStore(_directory.Options);
        ILogStream stream = await stepped.Store.OpenAsync(new StreamId("account/1"));
        for (int i = 1; i <= 200; i += 2)
        {
            ValueTask<AppendResult> append = stream.AppendAsync(Payloads.Of(i));
            ValueTaskAwaiter<AppendResult> awaiter = append.GetAwaiter();
            Assert.False(awaiter.IsCompleted);
            Assert.Throws<InvalidOperationException>(() => awaiter.GetResult());
            stepped.StepAll();
            Assert.Equal(new Sequence(i), (await append).Last);
            ValueTask<AppendResult> next = stream.AppendAsync(Payloads.Of(i + 1));
            Assert.Throws<InvalidOperationException>(() => awaiter.GetResult());
            stepped.StepAll();
            Assert.Equal(new Sequence(i + 1), (await next).Last);
        }

        Assert.Equal(Enumerable.Range(1, 200).Select(i => $"Event {i} event {i}"), await stream.ReplayAsync().TextsAsync());
    }
}
