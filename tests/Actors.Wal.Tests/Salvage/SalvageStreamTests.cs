using Actors.Wal.Salvage;

namespace Actors.Wal.Tests.Salvage;

/// <summary>What a stream keeps when records of it are lost.</summary>
public sealed class SalvageStreamTests : SalvageTestBase
{
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
            ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId("s1"));
            Assert.Equal((new Sequence(61), new Sequence(Rounds), new Sequence(61)), (stream.First, stream.Head, stream.Checkpoint!.Value));
            for (int i = Rounds + 1; i <= 300; i++)
                await _store.CommitAsync(stepped, stream.AppendAsync(Of("s1", i)));
            ILogStream filler = await stepped.Store.OpenAsync(new LogStreamId("filler"), new StreamOptions { Retention = Retention.Last });
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
    public async Task A_lost_last_event_marks_every_possible_stream_as_maybe_older()
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
                ILogStream again = await stepped.Store.OpenAsync(new LogStreamId($"s{i}"));
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
    public async Task Truncated_events_are_not_lost_and_replace_a_lost_checkpoint()
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
}
