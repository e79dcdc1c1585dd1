using Actors.Wal.Local;

namespace Actors.Wal.Tests.Streams;

public sealed class StreamTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Deleting_a_stream_that_was_never_written_leaves_nothing_in_the_log()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("account/1"));
        await stream.DeleteAsync();
        Assert.Equal(Lsn.Zero, store.Statistics.Published);
    }

    [Fact]
    public async Task Streams_whose_hashes_collide_are_told_apart()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        var heads = new List<Wal.Format.FrameLocation>();
        foreach (string name in new[] { "a", "b" })
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId(name));
            await stream.AppendAsync(Payloads.Of($"of {name}"));
            heads.Add(((Wal.Local.LocalStream)stream).State.Published.HeadLocation!.Value);
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
        Assert.Equal(heads[1], loader.Load(new LogStreamId("b")).Pending.HeadLocation);
        Assert.Null(loader.Load(new LogStreamId("c")).Pending.HeadLocation);
    }

    [Fact]
    public void A_stream_id_must_be_short_valid_unicode()
    {
        Assert.Throws<ArgumentException>(() => new LogStreamId(""));
        Assert.Throws<ArgumentException>(() => new LogStreamId(new string('x', 1025)));
        Assert.Throws<ArgumentException>(() => new LogStreamId("a\ud800b"));
        Assert.Equal("account/ž", LogStreamId.FromBytes(new LogStreamId("account/ž").ToBytes())?.Value);
    }
}
