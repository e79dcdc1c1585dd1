using System.Text;
using System.Text.Json;
using Actors.Explorer.Reading;
using Actors.Explorer.Sources;
using Actors.Explorer.Stores;
using Actors.Wal;
using Actors.Wal.Local;

namespace Actors.Explorer.Tests.Stores;

/// <summary>What the explorer shows of a directory, where the program's types are not known.</summary>
public sealed class DirectoryStoreTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestDirectory _directory = new();
    private readonly DirectorySource _source;
    private readonly ExploredStore _explored;

    public DirectoryStoreTests()
    {
        _source = new DirectorySource(_directory.Path, TimeProvider.System);
        _explored = new ExploredStore("a directory", _source);
    }

    public void Dispose()
    {
        _source.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task What_an_owner_writes_appears_beside_it()
    {
        using var limit = new CancellationTokenSource(Patience);
        await using LocalLogStore store = await _directory.OpenAsync();
        ILogStream stream = await store.OpenAsync(new LogStreamId("orders/1/log"));
        await stream.AppendAsync([Json("""{"name":"first"}""")]);
        Assert.Equal(1, (await _explored.FindAsync("orders/1/log"))!.Head);
        Assert.Equal(1, (await _explored.GetOverviewAsync()).LastLsn);

        await using IAsyncEnumerator<FeedSlice> feed = _explored.FollowAsync(new FeedFilter("orders/"), limit.Token).GetAsyncEnumerator(limit.Token);
        Assert.True(await feed.MoveNextAsync());
        Assert.Equal(["""{"name":"first"}"""], feed.Current.Records.Select(r => r.Json));
        await stream.AppendAsync([Json("""{"name":"second"}""")]);
        await (await store.OpenAsync(new LogStreamId("other"))).AppendAsync([Json("{}")]);
        do
            Assert.True(await feed.MoveNextAsync());
        while (feed.Current.Records.Count == 0);
        Assert.Equal(["""{"name":"second"}"""], feed.Current.Records.Select(r => r.Json));
        Assert.Equal(2, (await _explored.FindAsync("orders/1/log"))!.Head);
        Assert.False(_explored.Abilities.IsLive);
        Assert.Null(_explored.Abilities.Changes);
    }

    [Fact]
    public async Task Without_types_an_event_has_its_values_and_a_state_says_why_there_is_none()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            await stream.AppendAsync([new EventData(new byte[] { 0x92, 0xa5, 0x61, 0x64, 0x64, 0x65, 0x64, 0x91, 0x07 }, 1)]);
            await stream.AppendAsync([new EventData("raw \0 bytes"u8.ToArray(), 9)]);
            await stream.AppendAsync([new EventData(new byte[] { 0xc1 }, 1)]);
        }

        IReadOnlyList<RecordRow> rows = await _explored.ReadAsync("a", 1, 10);
        Assert.Equal(("added", "[7]"), (rows[0].Type, rows[0].Json));
        Assert.Equal((null, JsonSerializer.Serialize(Convert.ToBase64String("raw \0 bytes"u8))), (rows[1].Type, rows[1].Json));
        Assert.Equal("\"wQ==\"", rows[2].Json);
        StateView view = await _explored.GetStateAsync("a", 2);
        Assert.Null(view.After);
        Assert.Contains("types are not known", view.Note, StringComparison.Ordinal);
        Assert.Equal(2, view.Record!.Sequence);
    }

    [Fact]
    public async Task The_path_of_a_stream_through_the_segments_counts_all_of_its_events()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            ILogStream other = await store.OpenAsync(new LogStreamId("b"));
            for (int i = 0; i < 300; i++)
            {
                await (i is > 100 and < 200 ? other : stream).AppendAsync([new EventData(new byte[4000]), new EventData(new byte[10])]);
            }
        }

        SegmentMap map = await _explored.GetSegmentsAsync();
        Assert.True(map.Segments.Count > 3);
        IReadOnlyList<SegmentUse> uses = await _explored.GetPathAsync("a");
        Assert.Equal(402, uses.Sum(u => u.Events));
        Assert.True(uses.Count < map.Segments.Count);
        foreach (SegmentUse use in uses)
        {
            SegmentTile tile = map.Segments.Single(s => s.First == use.FirstSegment);
            Assert.All(await _explored.ReadAsync("a", use.FirstSequence, use.LastSequence), r => Assert.InRange(r.Lsn, tile.FirstLsn, tile.LastLsn));
        }

        Assert.Empty(await _explored.GetPathAsync("missing"));
    }

    [Fact]
    public async Task A_damaged_file_is_found_with_its_place()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            for (int i = 0; i < 200; i++)
                await stream.AppendAsync([new EventData(new byte[4000])]);
        }

        await using (FileStream file = File.OpenWrite(_directory.Segments[0]))
        {
            file.Position = 20_000;
            file.WriteByte(0xff);
        }

        VerifyState? last = null;
        await foreach (VerifyState state in _explored.VerifyAsync())
            last = state;
        VerifyProblem problem = Assert.Single(last!.Problems);
        Assert.Contains(Path.GetFileName(_directory.Segments[0]), problem.Place, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_without_a_store_is_a_clear_error()
    {
        DirectoryNotFoundException error = await Assert.ThrowsAsync<DirectoryNotFoundException>(() => _explored.GetOverviewAsync().AsTask());
        Assert.Contains(_directory.Path, error.Message, StringComparison.Ordinal);
    }

    private static EventData Json(string json) => new(Encoding.UTF8.GetBytes(json));
}
