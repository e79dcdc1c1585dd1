using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Local;
using Actors.Wal.Storage;


namespace Actors.Wal.Tests.Index;

public sealed class IndexSnapshotTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private LocalLogStoreOptions Options => _directory.Options with { SegmentBytes = 64 * 1024, MaxBatchBytes = 16 * 1024, MaxRecordBytes = 8 * 1024, IndexSnapshotBytes = 64 * 1024 };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_opening_reads_only_what_is_newer_than_the_last_snapshot()
    {
        List<StreamInfo> written = await WriteAsync();
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(Options))
        {
            long covered = store.Recovery.SnapshotLsn!.Value.Value;
            Assert.InRange(covered, 1, store.Recovery.LastLsn.Value);
            Assert.InRange(store.Recovery.Segments, 1, 4);
            Assert.Equal(store.Recovery.LastLsn.Value - covered, store.Recovery.Frames);
            Assert.Equal(written, await ListAsync(store));
        }

        await using LocalLogStore whole = await LocalLogStore.OpenAsync(Options with { VerifyOnOpen = true });
        Assert.Null(whole.Recovery.SnapshotLsn);
        Assert.InRange(whole.Recovery.Frames, 9_000, long.MaxValue);
        Assert.Equal(written, await ListAsync(whole));
    }

    [Fact]
    public async Task A_damaged_index_snapshot_is_ignored()
    {
        List<StreamInfo> written = await WriteAsync();
        var random = new Random(3);
        foreach (string file in Snapshots())
        {
            byte[] bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            bytes[random.Next(bytes.Length)] ^= 4;
            await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        }

        Assert.NotEmpty(Snapshots());
        await using LocalLogStore store = await LocalLogStore.OpenAsync(Options);
        Assert.Null(store.Recovery.SnapshotLsn);
        Assert.Equal(written, await ListAsync(store));
    }

    [Fact]
    public async Task No_flipped_bit_of_a_snapshot_passes()
    {
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(Options))
        {
            for (int i = 0; i < 12; i++)
            {
                ILogStream stream = await store.OpenAsync(new LogStreamId($"s{i}"));
                for (int e = 0; e < 3; e++)
                    await stream.AppendAsync(new EventData(new byte[7000]));
            }
        }

        await OpenAndCloseAsync(); // begins a segment behind the last one, and saves
        string file = Snapshots()[^1];
        byte[] bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        uint segment = SegmentOf(file);
        Manifest manifest = Manifest.Read(await File.ReadAllBytesAsync(Path.Combine(_directory.Path, "MANIFEST"), TestContext.Current.CancellationToken), "MANIFEST");
        Assert.True(IsValid(bytes));
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(IsValid(bytes), $"bit {bit % 8} of byte {bit / 8}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        bool IsValid(byte[] snapshot)
            => SnapshotReader.Of(new MemoryFile(snapshot), segment, manifest) is { } reader && new StreamIndex().Load(reader);
    }

    /// <summary>Streams that come, go, move and share a hash: the merged snapshot has what an index has that saw every frame.</summary>
    [Fact]
    public void A_snapshot_and_what_came_after_it_give_the_index_of_the_whole_log()
    {
        var random = new Random(5);
        var whole = new StreamIndex();
        var heads = new List<(ulong Hash, FrameLocation Head)>();
        var manifest = new Manifest(Guid.NewGuid(), 7, 1, 1, 0);
        byte[]? snapshot = null;
        long offset = 512;
        for (uint segment = 1; segment <= 40; segment++)
        {
            var delta = new IndexDelta();
            for (int i = 0; i < 500; i++, offset += 8)
            {
                var location = new FrameLocation(segment, offset);
                int at = random.Next(2) == 0 ? -1 : random.Next(heads.Count) - 1;
                (ulong Hash, FrameLocation? Head) of = at < 0 ? ((ulong)random.NextInt64(300) * 0x9E3779B97F4A7C15, null) : heads[at];
                bool deletes = at >= 0 && random.Next(3) == 0;
                var frame = new FrameHeader(96, deletes ? LogRecordKind.Deletion : LogRecordKind.Event, 0, 1, 0, of.Hash, default, default, 0, default, of.Head, null, null);
                Assert.True(whole.Apply(frame, location, default));
                Assert.True(delta.Apply(frame, location, default));
                if (at >= 0)
                    heads.RemoveAt(at);
                if (!deletes)
                    heads.Add((of.Hash, location));
            }

            var file = new MemoryFile([]);
            var writer = new SnapshotWriter(file, segment, manifest.StoreSeed);
            if (snapshot is null)
                whole.WriteTo(writer);
            else
                Assert.True(delta.Merge(SnapshotReader.Of(new MemoryFile(snapshot), segment - 1, manifest)!, writer));
            writer.Finish(new IndexSnapshotHeader(new Predecessor(segment, 0, default, 0, 0), 0, 0, 7, writer.Entries), manifest.StoreId);
            snapshot = file.Bytes;
            var loaded = new StreamIndex();
            Assert.True(loaded.Load(SnapshotReader.Of(new MemoryFile(snapshot), segment, manifest)!));
            Assert.Equal(whole.Heads(), loaded.Heads());
            Assert.All(heads, h => Assert.Contains(h.Head, loaded.Find(h.Hash)));
        }
    }

    /// <summary>Many small streams over many segments, some of them deleted; a snapshot for each segment or two.</summary>
    private async Task<List<StreamInfo>> WriteAsync()
    {
        await using LocalLogStore store = await LocalLogStore.OpenAsync(Options);
        for (int round = 0; round < 10; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 1000).Select(async i =>
            {
                await using ILogStream stream = await store.OpenAsync(new LogStreamId($"stream/{i}"));
                if (round % 3 == 2 && i % 10 == 0)
                    await stream.DeleteAsync();
                else
                    await stream.AppendAsync(new EventData(new byte[20]));
            }));
        }

        await WaitForSnapshotAsync(store.Statistics.Segments - 3);
        return await ListAsync(store);
    }

    private async Task OpenAndCloseAsync()
    {
        await using LocalLogStore store = await LocalLogStore.OpenAsync(Options);
        await WaitForSnapshotAsync(1);
    }

    private async Task WaitForSnapshotAsync(long segment)
    {
        while (Snapshots().Count == 0 || SegmentOf(Snapshots()[^1]) < segment)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private List<string> Snapshots() => [.. Directory.EnumerateFiles(Path.Combine(_directory.Path, "index"), "*.idx").Order(StringComparer.Ordinal)];

    private static uint SegmentOf(string snapshot) => uint.Parse(Path.GetFileNameWithoutExtension(snapshot), System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<List<StreamInfo>> ListAsync(LocalLogStore store)
    {
        var streams = new List<StreamInfo>();
        await foreach (StreamInfo stream in store.ListAsync())
            streams.Add(stream);
        return [.. streams.OrderBy(s => s.Id.Value, StringComparer.Ordinal)];
    }

    private sealed class MemoryFile(byte[] bytes) : IStorageFile
    {
        public byte[] Bytes { get; private set; } = bytes;

        public string Path => "memory";

        public long LengthBytes => Bytes.Length;

        public int Read(Span<byte> buffer, long offsetBytes)
        {
            int count = (int)Math.Max(0, Math.Min(buffer.Length, Bytes.Length - offsetBytes));
            Bytes.AsSpan((int)offsetBytes, count).CopyTo(buffer);
            return count;
        }

        public void Write(ReadOnlySpan<byte> bytes, long offsetBytes)
        {
            if (Bytes.Length < offsetBytes + bytes.Length)
                Bytes = [.. Bytes, .. new byte[offsetBytes + bytes.Length - Bytes.Length]];
            bytes.CopyTo(Bytes.AsSpan((int)offsetBytes));
        }

        public bool Allocate(long lengthBytes) => throw new NotSupportedException();

        public void Truncate(long lengthBytes) => throw new NotSupportedException();

        public void SyncData()
        {
        }

        public void DropCache()
        {
        }

        public void Dispose()
        {
        }
    }
}
