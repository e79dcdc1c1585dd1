using System.Text;
using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Local;
using Actors.Wal.Recovery;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Tests.Compaction;

public sealed class ColdSegmentTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private LocalLogStoreOptions Options => _directory.Options with { IndexSnapshotBytes = 256 * 1024, MaxDeadShare = 1, Sync = SyncPolicy.Never };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_compressed_ledger_of_a_bank_is_the_ledger_and_takes_less_than_half()
    {
        IReadOnlyList<BerkaStreams.Row> rows = BerkaStreams.Read();
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(Options, TestContext.Current.CancellationToken))
        {
            var streams = new Dictionary<LogStreamId, ILogStream>();
            foreach (BerkaStreams.Row row in rows)
            {
                if (!streams.TryGetValue(row.Stream, out ILogStream? stream))
                    streams[row.Stream] = stream = await store.OpenAsync(row.Stream, cancellationToken: TestContext.Current.CancellationToken);
                await stream.AppendAsync(new EventData(Encoding.UTF8.GetBytes(row.Line)), cancellationToken: TestContext.Current.CancellationToken);
            }

            CompactionReport report = await store.CompactAsync(1, compress: true, TestContext.Current.CancellationToken);
            Assert.InRange(report.Segments, 20, 100);
            Assert.InRange((double)report.BytesAfter / report.BytesBefore, 0.1, 0.5);
            Assert.Equal(BerkaStreams.Balances(rows), await BerkaStreams.BalancesAsync(store, rows));
            // What is compressed is left alone from then on.
            Assert.InRange((await store.CompactAsync(1, compress: true, TestContext.Current.CancellationToken)).Segments, 0, 1);
        }

        await using LocalLogStore again = await LocalLogStore.OpenAsync(Options with { VerifyOnOpen = true }, TestContext.Current.CancellationToken);
        Assert.Equal(BerkaStreams.Balances(rows), await BerkaStreams.BalancesAsync(again, rows));
    }

    [Fact]
    public async Task Segments_are_compressed_once_they_are_old_enough()
    {
        var time = new ManualTime();
        await using var stepped = new SteppedStore(Options with { CompressAfter = TimeSpan.FromDays(1), Time = time });
        await WriteAsync(stepped, 3000);
        stepped.Upkeep();
        Assert.DoesNotContain(stepped.Store.Parts.Segments.All, s => s is ColdSegment);
        time.Advance(TimeSpan.FromDays(2));
        await WriteAsync(stepped, 600);
        stepped.Upkeep();
        Assert.Contains(stepped.Store.Parts.Segments.All, s => s is ColdSegment { Header.IsCompressed: true });
        Assert.Null(stepped.Store.Statistics.CompactionFailure);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_flipped_bit_of_a_cold_segment_passes(bool compress)
    {
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(Options, TestContext.Current.CancellationToken))
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("s"), new StreamOptions { Retention = Retention.Newest(3) }, TestContext.Current.CancellationToken);
            for (int i = 0; i < 700; i++)
                await stream.AppendStateAsync(Payloads.Of($"{i} {new string('x', 500)}"), cancellationToken: TestContext.Current.CancellationToken);
            await store.CompactAsync(0.05, compress, TestContext.Current.CancellationToken);
        }

        await using (LocalLogStore store = await LocalLogStore.OpenAsync(Options, TestContext.Current.CancellationToken))
            await store.CompactAsync(0.05, compress, TestContext.Current.CancellationToken);
        string path = _directory.Segments.Last(s => s.EndsWith(".cold", StringComparison.Ordinal));
        byte[] bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        Assert.Null(Problem(path));
        var random = new Random(9);
        for (int i = 0; i < 1500; i++)
        {
            // All of the header, the first block's header and the table; many bits of the rest.
            int at = i < 544 ? i : i < 600 ? bytes.Length - (i - 543) : random.Next(bytes.Length);
            byte[] damaged = [.. bytes];
            damaged[at] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(path, damaged, TestContext.Current.CancellationToken);
            Assert.True(Problem(path) is not null, $"byte {at} of {bytes.Length}");
        }
    }

    /// <summary>What reading a cold segment to its end says.</summary>
    private string? Problem(string path)
    {
        var storage = new FileStorage(_directory.Path);
        Manifest manifest = StoreDirectory.Read(storage);
        try
        {
            SegmentName name = SegmentFiles.Segments(storage).Single(n => path.EndsWith(n.Path, StringComparison.Ordinal));
            using ColdSegment segment = ColdSegment.Open(storage, name, manifest);
            var frames = new ColdScanner(segment, manifest.StoreSeed);
            while (frames.MoveNext())
            {
            }

            return null;
        }
        catch (LogCorruptException e)
        {
            return e.Message;
        }
    }

    private static async Task WriteAsync(SteppedStore stepped, int count)
    {
        await using ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId("s"), cancellationToken: TestContext.Current.CancellationToken);
        for (int i = 0; i < count; i++)
        {
            Task append = stream.AppendAsync(Payloads.Of($"{i} {new string('y', 200)}"), cancellationToken: TestContext.Current.CancellationToken).AsTask();
            stepped.StepAll();
            await append;
        }
    }
}
