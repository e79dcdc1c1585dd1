using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Actors.Wal.Local;
using Orleans.Storage;

namespace Actors.Orleans.Tests.GrainLogs;

public sealed class IdempotencyTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_repeated_key_writes_nothing_and_gives_the_version_of_the_first_time()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        IDeskGrain desk = Desk(cluster);
        Assert.Equal(1, await desk.Write("a", "one"));
        Assert.Equal(2, await desk.Write("b", "two"));
        Assert.Equal(1, await desk.Write("a", "one again"));
        Assert.Equal(["one", "two"], await desk.Read());
        Assert.Equal(1, await desk.Find("a"));
        Assert.Null(await desk.Find("c"));
    }

    [Fact]
    public async Task Several_events_are_one_append_and_the_last_carries_the_key()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        IDeskGrain desk = Desk(cluster);
        Assert.Equal(3, await desk.WriteAll("a", ["one", "two", "three"]));
        Assert.Equal(3, await desk.WriteAll("a", ["four"]));
        Assert.Equal(["1 one -", "2 two -", "3 three a"], await desk.ReadHistory());
    }

    [Fact]
    public async Task The_same_append_on_its_way_is_written_once()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        long[] versions = await Desk(cluster).WriteTogether("a", "one", 4);
        Assert.Equal([1, 1, 1, 1], versions);
        Assert.Equal(["one"], await Desk(cluster).Read());
    }

    [Fact]
    public async Task A_rejected_append_may_be_retried_with_its_key()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        IDeskGrain desk = Desk(cluster);
        await desk.Write("a", "one");
        await Assert.ThrowsAsync<RecordTooLargeException>(() => desk.Write("b", new string('x', 200_000)));
        Assert.Null(await desk.Find("b"));
        Assert.Equal(2, await desk.Write("b", "two"));
    }

    [Fact]
    public async Task The_expected_version_matters_the_first_time_only()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        IDeskGrain desk = Desk(cluster);
        await desk.Write("a", "one");
        Assert.Equal(2, await desk.WriteIf("b", "two", 1));
        Assert.Equal(2, await desk.WriteIf("b", "two", 1));
        await Assert.ThrowsAsync<InconsistentStateException>(() => desk.WriteIf("c", "three", 1));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task Keys_are_remembered_by_the_next_activation(bool checkpoint, bool more)
    {
        await using (WalCluster cluster = await WalCluster.StartAsync(_directory, o => o.CheckpointAtDeactivation = false))
        {
            IDeskGrain desk = Desk(cluster);
            await desk.Write("ä", "one");
            if (checkpoint)
                await desk.TakeCheckpoint();
            if (more)
                await desk.WriteAll("b", ["two", "three"]);
        }

        await using WalCluster restarted = await WalCluster.StartAsync(_directory);
        Assert.Equal(1, await Desk(restarted).Write("ä", "one"));
        Assert.Equal(more ? 3 : null, await Desk(restarted).Find("b"));
        Assert.Equal(more ? 4 : 2, await Desk(restarted).Write("c", "last"));
        Assert.Equal(more ? ["one", "two", "three", "last"] : ["one", "last"], await Desk(restarted).Read());
    }

    [Fact]
    public async Task Keys_migrate_with_their_grain()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using WalCluster cluster = await WalCluster.StartSharedAsync(store, silos: 2);
        IDeskGrain desk = Desk(cluster);
        await desk.Write("a", "one");
        await desk.TakeCheckpoint();
        await desk.Write("b", "two");
        await desk.Migrate();
        Assert.Equal(2, await desk.Write("b", "two"));
        Assert.Equal(1, await desk.Write("a", "one"));
        Assert.Equal(["one", "two"], await desk.Read());
    }

    [Fact]
    public async Task The_oldest_key_is_forgotten_first()
    {
        await using (WalCluster cluster = await WalCluster.StartAsync(_directory, o => o.IdempotencyWindow = 3))
        {
            for (int i = 1; i <= 4; i++)
                await Desk(cluster).Write($"{i}", $"{i}");
            Assert.Null(await Desk(cluster).Find("1"));
            Assert.Equal(2, await Desk(cluster).Find("2"));
        }

        await using WalCluster restarted = await WalCluster.StartAsync(_directory, o => o.IdempotencyWindow = 3);
        Assert.Null(await Desk(restarted).Find("1"));
        Assert.Equal(2, await Desk(restarted).Find("2"));
        Assert.Equal(5, await Desk(restarted).Write("1", "1 again"));
        Assert.Null(await Desk(restarted).Find("2"));
    }

    [Fact]
    public async Task A_cleared_log_has_no_keys()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        IDeskGrain desk = Desk(cluster);
        await desk.Write("a", "one");
        await Assert.ThrowsAsync<InconsistentStateException>(() => desk.Clear(expectedVersion: 2));
        Assert.Equal(["one"], await desk.Read());
        await desk.Clear(expectedVersion: 1);
        Assert.Null(await desk.Find("a"));
        Assert.Equal(1, await desk.Write("a", "one"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public async Task An_invalid_key_is_refused(string? key)
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Desk(cluster).Write(key!, "one"));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Desk(cluster).Write(new string('ä', 128), "one"));
        Assert.Equal(1, await Desk(cluster).Write(new string('ä', 127), "one"));
        Assert.Equal(["one"], await Desk(cluster).Read());
    }

    [Fact]
    public async Task Keys_that_cannot_be_read_are_an_error_and_no_event()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        await using (ILogStream stream = await cluster.Store.OpenAsync(new LogStreamId($"{Desk(cluster).GetGrainId()}/desk")))
            await stream.AppendAsync(new EventData(new byte[] { 9, 65 }, (byte)LogCodec.MessagePack | KeyedPayload.CodecFlag));
        GrainLogDecodeException error = await Assert.ThrowsAsync<GrainLogDecodeException>(() => Desk(cluster).Read());
        Assert.Contains("ends within its idempotency keys", error.Message, StringComparison.Ordinal);
    }

    private static IDeskGrain Desk(WalCluster cluster) => cluster.Client.GetGrain<IDeskGrain>("d");
}
