using Actors.Wal.Format;
using Actors.Wal.Salvage;
using Actors.Wal.Storage;

namespace Actors.Wal.Tests.Salvage;

public sealed class SalvageTests : IDisposable
{
    private const int Streams = 5;
    private const int Rounds = 120;

    private readonly DamagedStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task An_undamaged_store_comes_through_as_it_is()
    {
        await WriteAsync(async (stepped, streams) =>
        {
            await _store.CommitAsync(stepped, streams[0].CheckpointAsync(new Sequence(100), new EventData("state"u8.ToArray(), 9)));
            await _store.CommitAsync(stepped, streams[1].CheckpointAsync(new Sequence(100), Payloads.Of("state")));
            await _store.CommitAsync(stepped, streams[1].TruncateAsync(new Sequence(90)));
            ILogStream states = await stepped.Store.OpenAsync(new StreamId("účet/states"), new StreamOptions { Retention = Retention.Last });
            for (int i = 0; i < 3; i++)
                await _store.CommitAsync(stepped, states.AppendStateAsync(Payloads.Of(i)));
            ILogStream truncated = await stepped.Store.OpenAsync(new StreamId("truncated state"));
            await _store.CommitAsync(stepped, truncated.AppendStateAsync(Payloads.Of(1)));
            await _store.CommitAsync(stepped, truncated.AppendStateAsync(Payloads.Of(2)));
            await _store.CommitAsync(stepped, truncated.TruncateAsync(new Sequence(3)));
            ILogStream both = await stepped.Store.OpenAsync(new StreamId("both"));
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

    [Fact]
    public async Task A_lost_event_without_a_checkpoint_takes_back_its_stream_alone()
    {
        await WriteAsync();
        WrittenFrame lost = _store.Frame("s1", 60);
        _store.Destroy(lost);
        SalvageReport report = await _store.SalvageAsync();
        StreamLoss loss = Assert.Single(report.Streams);
        Assert.Equal(("s1", StreamOutcome.Older), (loss.Stream.Value, loss.Outcome));
        Assert.Equal(Range(1, 59), loss.Kept);
        Assert.Equal([Range(60, Rounds)], loss.Lost);
        GivenUpEvents givenUp = Assert.Single(loss.GivenUp);
        Assert.Equal(Range(61, Rounds), givenUp.Sequences);
        Assert.Equal((_store.Frame("s1", 61).Lsn, _store.Frame("s1", Rounds).Lsn), (givenUp.FirstLsn.Value, givenUp.LastLsn.Value));
        Assert.Equal((lost.Lsn, lost.Lsn), (Assert.Single(report.Lost).First.Value, report.Lost[0].Last.Value));
        Assert.Equal(lost.File, Assert.Single(report.Damage).File);
        AssertUntouched(except: "s1");
        Assert.Equal((1, 59), (_store.After["s1"].First, _store.After["s1"].Head));
    }

    [Fact]
    public async Task A_checkpoint_behind_a_lost_event_keeps_the_newest_state()
    {
        await WriteAsync((stepped, streams) => _store.CommitAsync(stepped, streams[1].CheckpointAsync(new Sequence(80), Payloads.Of("state 80"))));
        _store.Destroy(_store.Frame("s1", 60));
        SalvageReport report = await _store.SalvageAsync();
        StreamLoss loss = Assert.Single(report.Streams);
        Assert.Equal((StreamOutcome.Complete, Range(61, Rounds)), (loss.Outcome, loss.Kept!.Value));
        Assert.Equal([Range(1, 60)], loss.Lost);
        Assert.Equal(_store.Before["s1"].Replay, _store.After["s1"].Replay);
        Assert.Equal((61, Rounds), (_store.After["s1"].First, _store.After["s1"].Head));
        AssertUntouched(except: "s1");
    }

    [Fact]
    public async Task A_stream_that_begins_later_goes_on_and_is_compacted_like_any_other()
    {
        await WriteAsync((stepped, streams) => _store.CommitAsync(stepped, streams[1].CheckpointAsync(new Sequence(61), Payloads.Of("state 61"))));
        _store.Destroy(_store.Frame("s1", 60));
        await _store.SalvageAsync();
        StreamDump before = _store.After["s1"];
        await using (var stepped = new SteppedStore(_store.Options with { Directory = _store.Target }))
        {
            ILogStream stream = await stepped.Store.OpenAsync(new StreamId("s1"));
            Assert.Equal((new Sequence(61), new Sequence(Rounds), new Sequence(61)), (stream.First, stream.Head, stream.Checkpoint!.Value));
            for (int i = Rounds + 1; i <= 300; i++)
                await _store.CommitAsync(stepped, stream.AppendAsync(Of("s1", i)));
            ILogStream filler = await stepped.Store.OpenAsync(new StreamId("filler"), new StreamOptions { Retention = Retention.Last });
            for (int i = 0; i < 400; i++)
                await _store.CommitAsync(stepped, filler.AppendStateAsync(new EventData(new byte[700])));
            stepped.Upkeep();
            Assert.Null(stepped.Store.Parts.Compactor.Counters.LastFailure);
            Assert.InRange(stepped.Store.Parts.Compactor.Counters.Segments, 1, long.MaxValue);
            Assert.Equal(240, (await stream.ReadAsync(new Sequence(1), new Sequence(1000)).TextsAsync()).Count);
            Assert.Equal("Event 61", (await stream.ReadAsync(new Sequence(70), new Sequence(1)).TextsAsync())[^1][..8]);
            Assert.Equal(40, (await stream.ReadAsOfAsync(new Sequence(100)).TextsAsync()).Count);
        }

        StreamDump after = StreamDump.Of(_store.Target)["s1"];
        Assert.Equal((61, 300), (after.First, after.Head));
        Assert.StartsWith(before.Events, after.Events, StringComparison.Ordinal);
        Assert.StartsWith(before.Replay, after.Replay, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_alone_is_kept()
    {
        await WriteAsync((stepped, streams) => _store.CommitAsync(stepped, streams[1].CheckpointAsync(new Sequence(Rounds), Payloads.Of("state"))));
        foreach (WrittenFrame frame in _store.Frames.Where(f => f.Stream == "s1" && f.Kind == LogRecordKind.Event && f.Sequence % 2 == 0))
            _store.Destroy(frame);
        SalvageReport report = await _store.SalvageAsync();
        StreamLoss loss = Assert.Single(report.Streams);
        Assert.Equal(StreamOutcome.Complete, loss.Outcome);
        Assert.Equal((Rounds + 1, Rounds, Rounds), (_store.After["s1"].First, _store.After["s1"].Head, _store.After["s1"].Checkpoint));
        Assert.Equal(_store.Before["s1"].Replay, _store.After["s1"].Replay);
        Assert.Equal([Range(1, Rounds)], loss.Lost);
        AssertUntouched(except: "s1");
    }

    [Fact]
    public async Task What_was_lost_at_the_end_of_a_stream_names_all_streams_that_it_may_be_of()
    {
        await WriteAsync();
        _store.Destroy(_store.Frame("s4", Rounds));
        SalvageReport report = await _store.SalvageAsync();
        Assert.Equal(["s2", "s3", "s4"], report.Streams.Select(s => s.Stream.Value));
        Assert.All(report.Streams, s => Assert.Equal(StreamOutcome.MayBeOlder, s.Outcome));
        Assert.All(report.Streams, s => Assert.Empty(s.Lost));
        Assert.Equal(Rounds - 1, _store.After["s4"].Head);
        AssertUntouched(except: "s4");
    }

    [Theory]
    [InlineData("footer")]
    [InlineData("manifest")]
    [InlineData("no manifest")]
    [InlineData("snapshot")]
    [InlineData("segment header")]
    [InlineData("manifest and a segment header")]
    [InlineData("batch header")]
    public async Task What_is_not_needed_is_not_missed(string what)
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

    [Fact]
    public async Task Without_the_last_footer_all_is_there_and_nobody_can_tell()
    {
        await WriteAsync();
        DestroyFooter(_store.Files("segments", "*.wal")[^1]);
        SalvageReport report = await _store.SalvageAsync();
        Assert.Equal(_store.Before, _store.After);
        Assert.Contains("has no footer", report.EndUnknown, StringComparison.Ordinal);
        Assert.Equal(Streams, report.Streams.Count);
    }

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

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_missing_segment_is_missed(int index)
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
    public async Task A_missing_last_segment_leaves_nothing_sure()
    {
        await WriteAsync();
        File.Delete(_store.Source.LastSegment);
        SalvageReport report = await _store.SalvageAsync();
        Assert.Contains("was started, and is missing", report.EndUnknown, StringComparison.Ordinal);
        Assert.Equal(Streams, report.Streams.Count);
        Assert.All(report.Streams, s => Assert.Equal(StreamOutcome.MayBeOlder, s.Outcome));
    }

    [Fact]
    public async Task A_torn_write_is_not_brought_back()
    {
        await WriteAsync();
        await using var stepped = new SteppedStore(_store.Options);
        ILogStream stream = await stepped.Store.OpenAsync(new StreamId("s0"));
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
        ILogStream stream = await stepped.Store.OpenAsync(new StreamId("s0"));
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

    [Fact]
    public async Task A_deleted_stream_stays_deleted_and_one_that_began_anew_is_the_new_one()
    {
        await WriteAsync(async (stepped, streams) =>
        {
            await _store.CommitAsync(stepped, streams[0].DeleteAsync());
            await _store.CommitAsync(stepped, streams[1].DeleteAsync());
            await _store.CommitAsync(stepped, streams[2].DeleteAsync());
            for (int i = 1; i <= 2; i++)
            {
                ILogStream again = await stepped.Store.OpenAsync(new StreamId($"s{i}"));
                for (int j = 1; j <= 4; j++)
                    await _store.CommitAsync(stepped, again.AppendAsync(Of($"s{i}", 1000 + j)));
            }
        });
        Assert.True((await _store.SalvageAsync()).IsComplete);
        Assert.Equal(_store.Before, _store.After);
        Assert.DoesNotContain("s0", _store.After.Keys);

        // Without the deletions: what begins anew tells by itself, what doesn't is named.
        foreach (WrittenFrame deletion in _store.Frames.Where(f => f.Kind == LogRecordKind.Deletion))
            _store.Destroy(deletion);
        SalvageReport report = await _store.SalvageAsync();
        Assert.Equal(_store.Before["s1"], _store.After["s1"]);
        Assert.Equal(_store.Before["s2"], _store.After["s2"]);
        Assert.Contains(report.Streams, s => s.Stream.Value == "s0" && s.Outcome == StreamOutcome.MayBeOlder);
    }

    [Fact]
    public async Task Truncated_events_are_not_missed_and_come_back_only_to_build_on()
    {
        await WriteAsync(async (stepped, streams) =>
        {
            for (int i = 0; i < 2; i++)
            {
                await _store.CommitAsync(stepped, streams[i].CheckpointAsync(new Sequence(60), Payloads.Of("state 60")));
                await _store.CommitAsync(stepped, streams[i].TruncateAsync(new Sequence(50)));
                await _store.CommitAsync(stepped, streams[i].AppendAsync(Of($"s{i}", 121)));
            }
        });
        _store.Destroy(_store.Frame("s0", 20));
        SalvageReport report = await _store.SalvageAsync();
        Assert.DoesNotContain(report.Streams, s => s.Lost.Count > 0);
        Assert.Equal(_store.Before, _store.After);

        // Without its checkpoint the state is built from all events, which are there still.
        _store.Destroy(_store.Frame("s1", 60, LogRecordKind.Checkpoint));
        report = await _store.SalvageAsync();
        Assert.Equal(_store.Before["s0"], _store.After["s0"]);
        Assert.Equal((1, 121), (_store.After["s1"].First, _store.After["s1"].Head));
    }

    [Fact]
    public async Task Nothing_tells_a_store_that_lost_its_manifest_and_all_headers()
    {
        await WriteAsync();
        File.Delete(_store.FullPath("MANIFEST"));
        Directory.Delete(_store.FullPath("index"), recursive: true);
        foreach (string file in _store.Files("segments", "*.wal"))
            _store.Destroy(file, 0, 100);
        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(() => _store.SalvageAsync());
        Assert.Contains("Neither the manifest nor any header", error.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(_store.Target));
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

    [Fact]
    public async Task A_target_that_is_there_is_refused_and_what_an_ended_salvage_left_is_removed()
    {
        await WriteAsync();
        Directory.CreateDirectory(_store.Target + ".partial/segments");
        Assert.True((await _store.SalvageAsync()).IsComplete);
        var storage = new FileStorage(_store.Source.Path);
        IOException there = await Assert.ThrowsAsync<IOException>(() => new StoreSalvage(storage, _store.Target).RunAsync(TestContext.Current.CancellationToken));
        Assert.Contains("is there already and not empty", there.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => new StoreSalvage(storage, _store.FullPath("new")).RunAsync(TestContext.Current.CancellationToken));
        Directory.CreateDirectory(_store.Target + "er.partial/photos");
        await Assert.ThrowsAsync<IOException>(() => new StoreSalvage(storage, _store.Target + "er").RunAsync(TestContext.Current.CancellationToken));
    }

    private static SequenceRange Range(long from, long to) => new(new Sequence(from), new Sequence(to));

    private static EventData Of(string stream, int number) => Payloads.Of($"{stream} {number} {new string('x', 300)}");

    private static async Task<ILogStream[]> OpenAsync(SteppedStore stepped)
    {
        var streams = new ILogStream[Streams];
        for (int i = 0; i < Streams; i++)
            streams[i] = await stepped.Store.OpenAsync(new StreamId($"s{i}"));
        return streams;
    }

    /// <summary>Events of five streams by turns, one a batch; the last round from the last stream to the first.</summary>
    private Task WriteAsync(Func<SteppedStore, ILogStream[], Task>? then = null)
        => _store.WriteAsync(async stepped =>
        {
            ILogStream[] streams = await OpenAsync(stepped);
            for (int i = 1; i <= Rounds; i++)
            {
                for (int s = 0; s < Streams; s++)
                {
                    ILogStream stream = streams[i == Rounds ? (s + 2) % Streams : s];
                    await _store.CommitAsync(stepped, stream.AppendAsync(Of(stream.Id.Value, i)));
                }
            }

            if (then is not null)
                await then(stepped, streams);
            stepped.StepAll();
            stepped.Store.Parts.Saver.Step();
        });

    private void AssertUntouched(string except)
        => Assert.Equal(_store.Before.Where(s => s.Key != except).ToDictionary(), _store.After.Where(s => s.Key != except).ToDictionary());

    private void DestroyFooter(string file)
    {
        byte[] bytes = File.ReadAllBytes(_store.FullPath(file));
        int footer = bytes.AsSpan().LastIndexOf("ACTWALFT"u8);
        _store.Destroy(file, footer, 64);
    }

    private void CopyTo(DamagedStore image)
    {
        foreach (string file in Directory.GetFiles(_store.Source.Path, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "LOCK"))
        {
            string copy = image.FullPath(Path.GetRelativePath(_store.Source.Path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        image.TakeNote();
    }
}
