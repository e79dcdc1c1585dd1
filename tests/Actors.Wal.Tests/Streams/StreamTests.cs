namespace Actors.Wal.Tests.Streams;

public sealed class StreamTests : IDisposable
{
    private static readonly StreamId Id = new("account/1");

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_disposed_handle_can_not_append()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        ILogStream stream = await store.OpenAsync(Id);
        await stream.DisposeAsync();
        await Assert.ThrowsAsync<FencedException>(async () => await stream.AppendAsync(Payloads.Of(1)));
        Assert.Equal(0, store.Statistics.OpenStreams);
    }

    [Fact]
    public async Task Checkpoint_and_tail_replace_full_replay()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(Id);
        await stream.AppendManyAsync(10);
        await stream.CheckpointAsync(new Sequence(7), Payloads.Of("state 7"));
        await stream.AppendManyAsync(2, 11);
        Assert.Equal(
            ["Checkpoint 7 state 7", .. Enumerable.Range(8, 5).Select(i => $"Event {i} event {i}")],
            await stream.ReplayAsync().TextsAsync());
        Assert.Equal(new Sequence(7), stream.Checkpoint);
    }

    [Fact]
    public async Task A_checkpoint_ahead_of_the_head_or_behind_the_last_one_is_rejected()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(Id);
        await stream.AppendManyAsync(5);
        await stream.CheckpointAsync(new Sequence(4), Payloads.Of("4"));
        await Assert.ThrowsAsync<AppendRejectedException>(async () => await stream.CheckpointAsync(new Sequence(6), Payloads.Of("6")));
        await Assert.ThrowsAsync<AppendRejectedException>(async () => await stream.CheckpointAsync(new Sequence(3), Payloads.Of("3")));
        await stream.CheckpointAsync(new Sequence(4), Payloads.Of("4 again"));
        Assert.Equal("Checkpoint 4 4 again", (await stream.ReplayAsync().TextsAsync())[0]);
    }

    [Fact]
    public async Task A_state_is_an_event_and_its_checkpoint_in_one()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using (ILogStream stream = await store.OpenAsync(Id))
        {
            for (int i = 1; i <= 40; i++)
                await stream.AppendStateAsync(Payloads.Of($"state {i}"), new Sequence(i - 1));
        }

        await using ILogStream again = await store.OpenAsync(Id);
        Assert.Equal(new Sequence(40), again.Head);
        Assert.Equal(["State 40 state 40"], await again.ReplayAsync().TextsAsync());
        await again.AppendAsync(Payloads.Of("event"));
        Assert.Equal(["State 40 state 40", "Event 41 event"], await again.ReplayAsync().TextsAsync());
        Assert.Equal(41, (await again.ReadAsync(new Sequence(1), new Sequence(99)).TextsAsync()).Count);
    }

    [Fact]
    public async Task A_truncated_stream_keeps_its_numbers_and_refuses_what_is_gone()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            await using ILogStream stream = await store.OpenAsync(Id);
            await stream.AppendManyAsync(50);
            await Assert.ThrowsAsync<AppendRejectedException>(async () => await stream.TruncateAsync(new Sequence(10)));
            await stream.CheckpointAsync(new Sequence(40), Payloads.Of("state 40"));
            await Assert.ThrowsAsync<AppendRejectedException>(async () => await stream.TruncateAsync(new Sequence(42)));
            await stream.TruncateAsync(new Sequence(31));
            await stream.TruncateAsync(new Sequence(5));
            await stream.AppendManyAsync(1, 51);
        }

        await using LocalLogStore reopened = await _directory.OpenAsync();
        await using ILogStream again = await reopened.OpenAsync(Id);
        Assert.Equal(new Sequence(31), again.First);
        Assert.Equal(new Sequence(51), again.Head);
        Assert.Equal("Event 31 event 31", (await again.ReadAsync(new Sequence(1), new Sequence(99)).TextsAsync())[0]);
        Assert.Equal(12, (await again.ReplayAsync().TextsAsync()).Count);
        await Assert.ThrowsAsync<HistoryTruncatedException>(async () => await again.ReadAsOfAsync(new Sequence(35)).TextsAsync());
        Assert.Equal("Checkpoint 40 state 40", (await again.ReadAsOfAsync(new Sequence(51)).TextsAsync())[0]);
    }

    [Fact]
    public async Task A_deleted_stream_is_gone_and_can_be_created_again()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            ILogStream stream = await store.OpenAsync(Id);
            await stream.AppendManyAsync(5);
            await stream.DeleteAsync(new Sequence(5));
            await Assert.ThrowsAsync<FencedException>(async () => await stream.AppendAsync(Payloads.Of(6)));
            Assert.Equal(0, store.Statistics.Streams);
            await using ILogStream anew = await store.OpenAsync(Id);
            Assert.Equal(Sequence.Zero, anew.Head);
            await anew.AppendAsync(Payloads.Of("anew"));
            await using ILogStream other = await store.OpenAsync(new StreamId("other"));
            await other.AppendAsync(Payloads.Of(1));
            await other.DeleteAsync();
        }

        await using LocalLogStore reopened = await _directory.OpenAsync();
        Assert.Equal(1, reopened.Recovery.Streams);
        await using ILogStream again = await reopened.OpenAsync(Id);
        Assert.Equal(["Event 1 anew"], await again.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task Deleting_a_stream_that_was_never_written_leaves_nothing_in_the_log()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            ILogStream stream = await store.OpenAsync(Id);
            await stream.DeleteAsync();
            await Assert.ThrowsAsync<FencedException>(async () => await stream.AppendAsync(Payloads.Of(1)));
            Assert.Equal(Lsn.Zero, store.Statistics.Published);
            Assert.Equal(0, store.Statistics.Streams);
        }

        await using LocalLogStore reopened = await _directory.OpenAsync();
        await using ILogStream again = await reopened.OpenAsync(Id);
        Assert.Equal(new Sequence(1), (await again.AppendAsync(Payloads.Of(1))).Last);
    }

    [Fact]
    public async Task A_listing_shows_the_streams_with_a_prefix()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        foreach (string name in new[] { "account/1", "account/2", "order/1" })
        {
            ILogStream stream = await store.OpenAsync(new StreamId(name));
            await stream.AppendManyAsync(3);
            if (name == "account/2")
                await stream.CheckpointAsync(new Sequence(2), Payloads.Of("s"));
            if (name != "order/1")
                await stream.DisposeAsync();
        }

        var listed = new List<StreamInfo>();
        await foreach (StreamInfo info in store.ListAsync("account/"))
            listed.Add(info);
        Assert.Equal(["account/1", "account/2"], listed.Select(i => i.Id.Value).Order());
        Assert.All(listed, i => Assert.Equal(new Sequence(3), i.Head));
        Assert.Equal(new Sequence(2), listed.Single(i => i.Id.Value == "account/2").Checkpoint);
        Assert.Equal(3, store.Statistics.Streams);
    }

    [Fact]
    public async Task Streams_whose_hashes_collide_are_told_apart()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        var heads = new List<Wal.Format.FrameLocation>();
        foreach (string name in new[] { "a", "b" })
        {
            await using ILogStream stream = await store.OpenAsync(new StreamId(name));
            await stream.AppendAsync(Payloads.Of($"of {name}"));
            heads.Add(((Wal.Streams.LocalStream)stream).State.Published.HeadLocation!.Value);
        }

        // Frames of other streams under the hash that an id has: only the full id tells them apart.
        const ulong HashSeed = 7;
        ulong hashOfB = Wal.Format.Checksum.OfStream("b"u8, HashSeed);
        ulong hashOfC = Wal.Format.Checksum.OfStream("c"u8, HashSeed);
        var index = new Wal.Index.StreamIndex();
        index.Add(hashOfB, heads[0]);
        index.Add(hashOfB, heads[1]);
        index.Add(hashOfC, heads[0]);
        var loader = new Wal.Streams.StreamLoader(index, store.Parts.Segments, store.Parts.StoreSeed, HashSeed);
        Assert.Equal(heads[1], loader.Load(new StreamId("b")).Pending.HeadLocation);
        Assert.Null(loader.Load(new StreamId("c")).Pending.HeadLocation);
    }

    [Fact]
    public void A_stream_id_must_be_short_valid_unicode()
    {
        Assert.Throws<ArgumentException>(() => new StreamId(""));
        Assert.Throws<ArgumentException>(() => new StreamId(new string('x', 1025)));
        Assert.Throws<ArgumentException>(() => new StreamId("a\ud800b"));
        Assert.Equal("account/ž", StreamId.FromBytes(new StreamId("account/ž").ToBytes())?.Value);
    }

    [Fact]
    public async Task Ids_that_look_like_paths_stay_data()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new StreamId("../../etc/passwd\0\n"));
        await stream.AppendAsync(Payloads.Of(1));
        Assert.Equal(new Sequence(1), stream.Head);
    }
}
