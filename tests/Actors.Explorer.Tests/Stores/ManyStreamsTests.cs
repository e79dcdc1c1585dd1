using System.Diagnostics;
using Actors.Explorer.Reading;
using Actors.Explorer.Sources;
using Actors.Explorer.Stores;
using Actors.Wal;
using Actors.Wal.Local;

namespace Actors.Explorer.Tests.Stores;

/// <summary>A store of a million streams: each page costs the same, and little memory.</summary>
public sealed class ManyStreamsTests : IDisposable
{
    private const int Streams = 1_000_000;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Any_page_of_a_million_streams_is_read_without_the_others()
    {
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = _directory.Path }))
            await FillAsync(store);
        using var source = new DirectorySource(_directory.Path, TimeProvider.System);
        var explored = new ExploredStore("many", source);
        await ListAsync(explored, new StreamQuery("", StreamOrder.Newest, 0, 100));
        foreach (long skip in new[] { 0, 500_000, 999_900 })
        {
            long before = GC.GetTotalAllocatedBytes();
            long begun = Stopwatch.GetTimestamp();
            StreamPage page = await ListAsync(explored, new StreamQuery("", StreamOrder.Newest, skip, 100));
            TestContext.Current.TestOutputHelper!.WriteLine($"skip {skip}: {Stopwatch.GetElapsedTime(begun).TotalMilliseconds:0} ms, {GC.GetTotalAllocatedBytes() - before:N0} bytes");
            Assert.Equal((100, Streams), (page.Rows.Count, page.Total));
            Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 8_000_000);
        }

        StreamPage found = await ListAsync(explored, new StreamQuery("order/777777/", StreamOrder.Newest, 0, 100));
        Assert.Equal(["order/777777/order"], found.Rows.Select(r => r.Id));
        StreamPage longest = await ListAsync(explored, new StreamQuery("", StreamOrder.Longest, 0, 2));
        Assert.Equal(["order/123456/order", "order/5/order"], longest.Rows.Select(r => r.Id));
    }

    private static async Task FillAsync(LocalLogStore store)
    {
        var payload = new EventData("""{"total":7}"""u8.ToArray());
        await Parallel.ForEachAsync(Enumerable.Range(0, Streams / 1000), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (group, cancellationToken) =>
            await Task.WhenAll(Enumerable.Range(group * 1000, 1000).Select(async i =>
            {
                await using ILogStream stream = await store.OpenAsync(new LogStreamId($"order/{i}/order"), cancellationToken: cancellationToken);
                await stream.AppendAsync([.. Enumerable.Repeat(payload, i switch { 123_456 => 9, 5 => 4, _ => 1 })], cancellationToken: cancellationToken);
            })));
    }

    private static async Task<StreamPage> ListAsync(ExploredStore explored, StreamQuery query)
    {
        StreamPage page;
        do
            page = await explored.ListAsync(query);
        while (!page.IsWhole && page.Note!.StartsWith("Searching", StringComparison.Ordinal));
        return page;
    }
}
