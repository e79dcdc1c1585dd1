using System.Buffers.Binary;
using Actors.Wal.Salvage;

namespace Actors.Wal.Tests.Salvage;

public sealed class SalvageColdTests : IDisposable
{
    private const int Streams = 8;

    private readonly DamagedStore _store = new() { SegmentBytes = 512 * 1024 };

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task An_undamaged_cold_segment_comes_through()
    {
        await WriteAsync();
        SalvageReport report = await _store.SalvageAsync();
        Assert.Empty(report.Lost);
        Assert.True(report.IsComplete);
        Assert.Equal(_store.Before, _store.After);
    }

    [Theory]
    [InlineData("header")]
    [InlineData("table")]
    public async Task Blocks_are_found_by_scanning(string what)
    {
        await WriteAsync();
        string cold = Cold();
        byte[] bytes = await File.ReadAllBytesAsync(_store.FullPath(cold), TestContext.Current.CancellationToken);
        long table = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(184));
        if (what == "header")
            _store.Destroy(cold, 30, 100);
        else
            _store.Destroy(cold, table, bytes.Length - table);
        SalvageReport report = await _store.SalvageAsync();
        Assert.Contains($"The cold segment's {what} does not validate.", Assert.Single(report.Damage).What, StringComparison.Ordinal);
        Assert.Empty(report.Lost);
        Assert.True(report.IsComplete);
        Assert.Equal(_store.Before, _store.After);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_damaged_block_is_passed_over(bool headerToo)
    {
        await WriteAsync();
        string cold = Cold();
        WrittenFrame[] inCold = [.. _store.Frames.Where(f => f.File == cold)];
        long[] blocks = [.. inCold.Select(f => f.OffsetBytes).Distinct()];
        Assert.InRange(blocks.Length, 3, 1000);
        WrittenFrame[] lost = [.. inCold.Where(f => f.OffsetBytes == blocks[1])];
        _store.Destroy(cold, blocks[1] + 50, 10);
        if (headerToo)
            _store.Destroy(cold, 30, 100);
        SalvageReport report = await _store.SalvageAsync();
        // Without the header nothing tells where the table begins, behind the last record.
        Assert.Equal(headerToo ? 2 : 1, report.Lost.Count);
        LostRange range = report.Lost[0];
        Assert.InRange(range.First.Value, inCold.Last(f => f.OffsetBytes == blocks[0]).Lsn + 1, lost[0].Lsn);
        Assert.InRange(range.Last.Value, lost[^1].Lsn, inCold.First(f => f.OffsetBytes == blocks[2]).Lsn - 1);
        Assert.Equal(!headerToo, range.IsExact);
        if (!headerToo)
            Assert.Equal(lost.Length, range.Records);
        foreach ((string name, StreamDump before) in _store.Before)
        {
            bool isHit = lost.Any(f => f.Stream == name);
            StreamLoss? loss = report.Streams.FirstOrDefault(s => s.Stream.Value == name);
            if (!isHit)
                Assert.Equal(before, _store.After[name]);
            if (isHit)
                Assert.NotNull(loss);
        }
    }

    [Fact]
    public async Task A_cold_segment_and_the_files_that_it_stands_for_are_counted_once()
    {
        Dictionary<string, byte[]> old = [];
        await WriteAsync(() =>
        {
            foreach (string file in Directory.EnumerateFiles(_store.FullPath("segments"), "*.wal"))
                old[file] = File.ReadAllBytes(file);
        });
        foreach ((string file, byte[] bytes) in old.Where(f => !File.Exists(f.Key)))
            await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        SalvageReport report = await _store.SalvageAsync();
        Assert.True(report.IsComplete);
        Assert.Equal(_store.Before, _store.After);

        // And where the cold segment is gone the files are enough.
        File.Delete(_store.FullPath(Cold()));
        report = await _store.SalvageAsync();
        Assert.Empty(report.Lost);
        Assert.Equal(_store.Before, _store.After);
    }

    private string Cold() => _store.Files("segments", "*.cold").MaxBy(f => new FileInfo(_store.FullPath(f)).Length)!;

    /// <summary>Streams that keep their history between states that don't, and their compaction.</summary>
    private Task WriteAsync(Action? beforeCompaction = null)
        => _store.WriteAsync(async stepped =>
        {
            var random = new Random(1);
            var streams = new ILogStream[Streams];
            for (int i = 0; i < Streams; i++)
                streams[i] = await stepped.Store.OpenAsync(new LogStreamId($"s{i}"), new StreamOptions { Retention = i < Streams / 2 ? Retention.All : Retention.Last });
            for (int i = 0; i < 4000; i++)
            {
                ILogStream stream = streams[i % Streams];
                var bytes = new byte[600];
                random.NextBytes(bytes.AsSpan(i % 300));
                if (i % Streams < Streams / 2)
                    await _store.CommitAsync(stepped, stream.AppendAsync(new EventData(bytes)));
                else
                    await _store.CommitAsync(stepped, stream.AppendStateAsync(new EventData(bytes)));
            }

            stepped.StepAll();
            beforeCompaction?.Invoke();
            stepped.Upkeep();
            Assert.Null(stepped.Store.Parts.Compactor.Counters.LastFailure);
            Assert.NotEmpty(_store.Files("segments", "*.cold"));
        });
}
