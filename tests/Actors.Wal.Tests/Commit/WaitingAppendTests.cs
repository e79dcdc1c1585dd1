using Actors.Wal.Local;

namespace Actors.Wal.Tests.Commit;

/// <summary>Appends that wait for room can be taken back, and their bytes are bounded.</summary>
public sealed class WaitingAppendTests : IDisposable
{
    private const int PayloadBytes = 20_000;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_waiting_append_that_is_cancelled_is_not_written_and_the_others_are()
    {
        await using var stepped = new SteppedStore(_directory.Options);
        ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId("s"));
        using var cancellation = new CancellationTokenSource();
        List<Task<AppendResult>> kept = [];
        List<Task<AppendResult>> cancelled = [];
        for (int i = 0; i < 40; i++)
            (i % 3 == 1 ? cancelled : kept).Add(stream.AppendAsync(new EventData(new byte[PayloadBytes], (byte)i), cancellationToken: i % 3 == 1 ? cancellation.Token : default).AsTask());
        Assert.InRange(stepped.Store.Statistics.WaitingAppends, 30, 39);
        await cancellation.CancelAsync();
        stepped.StepAll();
        await Task.WhenAll(kept);
        // What had found room in the batch was accepted, and is never taken back.
        int accepted = cancelled.Count(c => c.IsCompletedSuccessfully);
        Assert.InRange(accepted, 0, 2);
        Assert.Equal(cancelled.Count - accepted, cancelled.Count(c => c.IsCanceled));
        Assert.Equal(kept.Count + accepted, stream.Head.Value);
        List<byte> codecs = [];
        await foreach (LogRecord record in stream.ReadAsync(new Sequence(1), stream.Head))
            codecs.Add(record.Codec);
        Assert.Equal(codecs.Order(), codecs);
    }

    [Fact]
    public async Task A_cancelled_append_that_asked_for_a_segment_lets_smaller_ones_in()
    {
        await using var stepped = new SteppedStore(_directory.Options);
        ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId("s"));
        for (int i = 0; i < 9; i++)
        {
            Task<AppendResult> filling = stream.AppendAsync(new EventData(new byte[PayloadBytes])).AsTask();
            stepped.StepAll();
            await filling;
        }

        // There is room for a small one only.
        using var cancellation = new CancellationTokenSource();
        Task<AppendResult> large = stream.AppendAsync([.. Enumerable.Range(0, 3).Select(_ => new EventData(new byte[PayloadBytes]))], cancellationToken: cancellation.Token).AsTask();
        Task<AppendResult> small = stream.AppendAsync(new EventData(new byte[10])).AsTask();
        await cancellation.CancelAsync();
        stepped.StepAll();
        await small;
        Assert.True(large.IsCanceled || large.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task More_bytes_than_may_wait_are_refused_and_those_that_wait_are_written()
    {
        await using var stepped = new SteppedStore(_directory.Options with { MaxWaitingBytes = 5 * PayloadBytes });
        ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId("s"));
        List<Task<AppendResult>> appends = [.. Enumerable.Range(0, 100).Select(_ => stream.AppendAsync(new EventData(new byte[PayloadBytes])).AsTask())];
        int refused = appends.Count(a => a.IsFaulted);
        Assert.InRange(refused, 90, 96);
        StoreOverloadedException error = Assert.IsType<StoreOverloadedException>(appends.First(a => a.IsFaulted).Exception!.InnerException);
        Assert.Contains(nameof(LocalLogStoreOptions.MaxWaitingBytes), error.Message, StringComparison.Ordinal);
        stepped.StepAll();
        await Task.WhenAll(appends.Where(a => !a.IsFaulted));
        Assert.Equal(100 - refused, stream.Head.Value);
        Task<AppendResult> later = stream.AppendAsync(new EventData(new byte[PayloadBytes])).AsTask();
        stepped.StepAll();
        await later;
    }

    [Fact]
    public async Task Thousands_of_waiting_appends_are_taken_back_while_the_store_writes()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("s"));
        using var cancellation = new CancellationTokenSource();
        Task<AppendResult>[] appends = [.. Enumerable.Range(0, 2000).Select(_ => stream.AppendAsync(new EventData(new byte[PayloadBytes]), cancellationToken: cancellation.Token).AsTask())];
        await cancellation.CancelAsync();
        await Task.WhenAll(appends).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Contains(appends, a => a.IsCanceled);
        Assert.All(appends, a => Assert.True(a.IsCanceled || a.IsCompletedSuccessfully));
        Assert.Equal(appends.Count(a => a.IsCompletedSuccessfully), stream.Head.Value);
        await stream.AppendAsync(new EventData(new byte[10]));
    }
}
