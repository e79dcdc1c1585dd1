using Actors.Wal.Format;
using Actors.Wal.Salvage;

namespace Actors.Wal.Tests.Salvage;

/// <summary>Stores of which everything comes through: undamaged ones, and ones that lost only what is not needed.</summary>
public sealed class SalvageWholeTests : SalvageTestBase
{
    [Fact]
    public async Task An_undamaged_store_comes_through_as_it_is()
    {
        await WriteAsync(async (stepped, streams) =>
        {
            await _store.CommitAsync(stepped, streams[0].CheckpointAsync(new Sequence(100), new EventData("state"u8.ToArray(), 9)));
            await _store.CommitAsync(stepped, streams[1].CheckpointAsync(new Sequence(100), Payloads.Of("state")));
            await _store.CommitAsync(stepped, streams[1].TruncateAsync(new Sequence(90)));
            ILogStream states = await stepped.Store.OpenAsync(new LogStreamId("účet/states"), new StreamOptions { Retention = Retention.Last });
            for (int i = 0; i < 3; i++)
                await _store.CommitAsync(stepped, states.AppendStateAsync(Payloads.Of(i)));
            ILogStream truncated = await stepped.Store.OpenAsync(new LogStreamId("truncated state"));
            await _store.CommitAsync(stepped, truncated.AppendStateAsync(Payloads.Of(1)));
            await _store.CommitAsync(stepped, truncated.AppendStateAsync(Payloads.Of(2)));
            await _store.CommitAsync(stepped, truncated.TruncateAsync(new Sequence(3)));
            ILogStream both = await stepped.Store.OpenAsync(new LogStreamId("both"));
            ValueTask<IReadOnlyList<AppendResult>> atomic = stepped.Store.AppendAtomicAsync([new StreamAppend(both, [Payloads.Of(1), Payloads.Of(2)]), new StreamAppend(streams[2], [Payloads.Of(3)])]);
            stepped.StepAll();
            await atomic;
        });
        SalvageReport report = await _store.SalvageAsync();
        Assert.True(report.IsComplete);
        Assert.Empty(report.Damage);
        Assert.Equal(0, report.TornBytes);
        Assert.Equal(_store.Before, _store.After);
        Assert.Equal(Streams + 3, _store.After.Count);
        Assert.Equal((3, 2), (_store.After["truncated state"].First, _store.After["truncated state"].Head));
    }

    [Fact]
    public async Task The_committed_fixture_comes_through_as_it_is()
    {
        await FormatFixture.WriteAsync(_store.Source.Path);
        _store.TakeNote();
        Assert.True((await _store.SalvageAsync()).IsComplete);
        Assert.Equal(_store.Before, _store.After);
        Assert.Equal(["account/1/account", "účet/ž/stav"], _store.After.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_store_without_a_record_comes_through()
    {
        await _store.WriteAsync(_ => Task.CompletedTask);
        Assert.True((await _store.SalvageAsync()).IsComplete);
        Assert.Empty(_store.After);
    }

    [Theory]
    [InlineData("footer")]
    [InlineData("manifest")]
    [InlineData("no manifest")]
    [InlineData("snapshot")]
    [InlineData("segment header")]
    [InlineData("manifest and a segment header")]
    [InlineData("batch header")]
    public async Task Damaged_metadata_loses_no_record(string what)
    {
        await WriteAsync();
        string segment = _store.Files("segments", "*.wal")[1];
        if (what == "footer")
            DestroyFooter(segment);
        if (what.StartsWith("manifest", StringComparison.Ordinal))
            _store.Destroy("MANIFEST", 24, 16);
        if (what == "no manifest")
            File.Delete(_store.FullPath("MANIFEST"));
        if (what == "snapshot")
            _store.Destroy(_store.Files("index", "*.idx")[^1], 100, 500);
        if (what.EndsWith("segment header", StringComparison.Ordinal))
            _store.Destroy(segment, 20, 100);
        if (what == "batch header")
            _store.Destroy(segment, _store.Frames.First(f => f.File == segment).OffsetBytes - BatchHeader.SizeBytes, BatchHeader.SizeBytes);
        SalvageReport report = await _store.SalvageAsync();
        Assert.True(report.IsComplete);
        Assert.Equal(_store.Before, _store.After);
        Assert.Equal(what != "snapshot", report.Damage.Count > 0);
        Assert.Equal(0, report.TornBytes);
    }
}
