using System.Runtime.CompilerServices;

namespace Actors.Wal.Tests;

public sealed class AppendTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_result_that_is_read_too_early_or_twice_disturbs_no_other_append()
    {
        await using var stepped = new SteppedStore(_directory.Options);
        ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId("account/1"));
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
