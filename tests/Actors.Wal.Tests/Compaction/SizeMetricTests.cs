using Actors.Wal.Local;

namespace Actors.Wal.Tests.Compaction;

/// <summary>Runs alone: the metric counts all open stores of the process.</summary>
[CollectionDefinition(nameof(SizeMetricTests), DisableParallelization = true)]
[Collection(nameof(SizeMetricTests))]
public sealed class SizeMetricTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestDirectory _other = new();
    private readonly MeasuredMetric _size = new("actors.wal.size");

    public void Dispose()
    {
        _size.Dispose();
        _directory.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task The_size_is_that_of_the_files_of_all_open_stores()
    {
        long before = _size.Observe();
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            await FillAsync(store);
            await store.CompactAsync(maxDeadShare: 1, cancellationToken: TestContext.Current.CancellationToken);
            Assert.NotEmpty(Directory.EnumerateFiles(Path.Combine(_directory.Path, "index")));
            await AssertSizeAsync(before, _directory);
            await BecomesEqualAsync(() => FileBytes(_directory), () => store.Statistics.FileBytes);
            Assert.InRange(store.Statistics.FileBytes, 1_000_000, long.MaxValue);
            await using LocalLogStore second = await _other.OpenAsync();
            await AssertSizeAsync(before, _directory, _other);
        }

        Assert.Equal(before, _size.Observe());
    }

    private Task AssertSizeAsync(long before, params TestDirectory[] directories)
        => BecomesEqualAsync(() => directories.Sum(FileBytes), () => _size.Observe() - before);

    /// <summary>Waits for the thread that makes segments ready and finishes those left behind. What was compared is what is asserted.</summary>
    private static async Task BecomesEqualAsync(Func<long> expected, Func<long> actual)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            (long wanted, long found) = (expected(), actual());
            if (wanted == found || patience.IsCancellationRequested)
            {
                Assert.Equal(wanted, found);
                return;
            }

            await Task.Yield();
        }
    }

    private static async Task FillAsync(LocalLogStore store)
    {
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("ledger"));
        for (int i = 0; i < 50; i++)
            await stream.AppendAsync(new EventData(new byte[20_000]));
    }

    private static long FileBytes(TestDirectory directory)
        => directory.Segments.Concat(Directory.EnumerateFiles(Path.Combine(directory.Path, "index"))).Sum(f => new FileInfo(f).Length);
}
