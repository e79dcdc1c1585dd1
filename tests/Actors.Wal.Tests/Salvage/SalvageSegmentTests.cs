using Actors.Wal.Salvage;
using Actors.Wal.Storage;

namespace Actors.Wal.Tests.Salvage;

/// <summary>What is found, and missed, of segments that are damaged, cut off or gone.</summary>
public sealed class SalvageSegmentTests : SalvageTestBase
{
    [Fact]
    public async Task Frames_are_found_one_by_one_where_their_batch_does_not_validate()
    {
        await _store.WriteAsync(async stepped =>
        {
            ILogStream[] streams = await OpenAsync(stepped);
            for (int i = 1; i <= 100; i++)
            {
                int event_ = i;
                ValueTask<AppendResult>[] calls = [.. streams.Select(s => s.AppendAsync(Of(s.Id.Value, event_)))];
                stepped.StepAll();
                foreach (ValueTask<AppendResult> call in calls)
                    await call;
            }
        });
        _store.Destroy(_store.Frame("s3", 50));
        SalvageReport report = await _store.SalvageAsync();
        DamagedArea area = Assert.Single(report.Damage);
        Assert.Equal(Streams - 1, area.Frames);
        Assert.Equal("s3", Assert.Single(report.Streams).Stream.Value);
        AssertUntouched(except: "s3");
    }

    [Fact]
    public async Task Sectors_that_the_device_refuses_to_read_are_passed_over()
    {
        await WriteAsync();
        WrittenFrame lost = _store.Frame("s1", 60);
        SalvageReport report = await _store.SalvageAsync(new BadSector(new FileStorage(_store.Source.Path), lost.File, lost.OffsetBytes));
        StreamLoss loss = Assert.Single(report.Streams, s => s.Lost.Count > 0);
        Assert.Equal(Range(1, 59), loss.Kept);
        AssertUntouched(except: "s1");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_lost_segment_is_reported(int index)
    {
        await WriteAsync((stepped, streams) => _store.CommitAsync(stepped, streams[1].CheckpointAsync(new Sequence(115), Payloads.Of("state 115"))));
        string file = _store.Files("segments", "*.wal")[index];
        List<WrittenFrame> lost = [.. _store.Frames.Where(f => f.File == file)];
        File.Delete(_store.FullPath(file));
        SalvageReport report = await _store.SalvageAsync();
        Assert.Equal((lost[0].Lsn, lost[^1].Lsn), (Assert.Single(report.Lost).First.Value, report.Lost[0].Last.Value));
        Assert.Equal(Streams, report.Streams.Count);
        Assert.Equal(_store.Before["s1"].Replay, _store.After["s1"].Replay);
        if (index == 0)
        {
            Assert.Equal(["s1"], _store.After.Keys);
            Assert.Equal(StreamOutcome.Lost, report.Streams[0].Outcome);
        }
        else
        {
            Assert.All(_store.After.Where(s => s.Key != "s1"), s => Assert.StartsWith(s.Value.Events, _store.Before[s.Key].Events, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_lost_last_segment_makes_the_end_unknown()
    {
        await WriteAsync();
        File.Delete(_store.Source.LastSegment);
        SalvageReport report = await _store.SalvageAsync();
        Assert.Contains("was started, and is missing", report.EndUnknown, StringComparison.Ordinal);
        Assert.Equal(Streams, report.Streams.Count);
        Assert.All(report.Streams, s => Assert.Equal(StreamOutcome.MayBeOlder, s.Outcome));
    }

    [Fact]
    public async Task A_lost_last_footer_loses_no_record_but_hides_the_end()
    {
        await WriteAsync();
        DestroyFooter(_store.Files("segments", "*.wal")[^1]);
        SalvageReport report = await _store.SalvageAsync();
        Assert.Equal(_store.Before, _store.After);
        Assert.Contains("has no footer", report.EndUnknown, StringComparison.Ordinal);
        Assert.Equal(Streams, report.Streams.Count);
    }

    [Fact]
    public async Task A_torn_write_is_not_brought_back()
    {
        await WriteAsync();
        await using var stepped = new SteppedStore(_store.Options);
        ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId("s0"));
        using DamagedStore image = new();
        await _store.CommitAsync(stepped, stream.AppendAsync([Of("s0", 121), Of("s0", 122), Of("s0", 123)]));
        CopyTo(image);
        WrittenFrame torn = image.Frame("s0", 122);
        image.Destroy(torn.File, torn.OffsetBytes + 100, 100);
        SalvageReport report = await image.SalvageAsync();
        Assert.True(report.IsComplete);
        Assert.InRange(report.TornBytes, 100, 2000);
        Assert.Equal(_store.Before, image.After);
    }

    [Fact]
    public async Task A_damaged_batch_at_the_end_is_damage_once_a_later_one_proves_it()
    {
        await WriteAsync();
        await using var stepped = new SteppedStore(_store.Options);
        ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId("s0"));
        using DamagedStore image = new();
        await _store.CommitAsync(stepped, stream.AppendAsync([Of("s0", 121), Of("s0", 122), Of("s0", 123)]));
        await _store.CommitAsync(stepped, stream.AppendAsync(Of("s0", 124)));
        CopyTo(image);
        image.Destroy(image.Frame("s0", 122));
        SalvageReport report = await image.SalvageAsync();
        Assert.Equal(0, report.TornBytes);
        StreamLoss loss = Assert.Single(report.Streams);
        Assert.Equal((StreamOutcome.Older, Range(1, 121)), (loss.Outcome, loss.Kept!.Value));
        Assert.Equal([Range(122, 124)], loss.Lost);
    }
}
