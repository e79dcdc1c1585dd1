using Actors.Orleans.Codecs;
using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Actors.Wal.Local;
using MessagePack;

namespace Actors.Orleans.Tests.GrainLogs;

/// <summary>Checkpoints that no longer fit the program.</summary>
public sealed class StateVersionTests : IDisposable
{
    private static readonly LogStreamId Stream = new("score/t/score");

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string> Unusable => ["no version", "version 1", "damaged", "too short", "dropped", "another codec"];

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task A_checkpoint_that_does_not_fit_is_replaced_by_a_replay_of_the_events(string kind)
    {
        await WriteAsync(CheckpointOf(kind), Retention.All);
        using var rebuilt = new MeasuredMetric("actors.grainlog.rebuilt");
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        IScoreGrain score = cluster.Client.GetGrain<IScoreGrain>("t");
        Assert.Equal((60, 3), await score.Read());
        Assert.Equal(1, rebuilt.Sum);
        await score.Add(7);
        Assert.Equal((67, 4), await score.Read());

        // A state of the past may begin with that checkpoint, too.
        Assert.Equal((30, 2), await score.ReadAt(2));
        Assert.Equal((60, 3), await score.ReadAt(3));

        // Its next checkpoint fits.
        await score.TakeCheckpoint();
        await score.Deactivate();
        await cluster.Cluster.WaitForDeactivationAsync(score);
        Assert.Equal((67, 4), await score.Read());
        Assert.Equal(1, rebuilt.Sum);
        Assert.Empty(cluster.Services.GetQuarantinedStreams());
    }

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task An_unusable_checkpoint_without_events_names_the_remedies(string kind)
    {
        if (kind == "dropped")
            return; // not where events are missing: see Dropping_is_refused_where_events_are_missing
        await WriteAsync(CheckpointOf(kind), Retention.Last);
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        GrainLogCheckpointException error = await Assert.ThrowsAsync<GrainLogCheckpointException>(() => cluster.Client.GetGrain<IScoreGrain>("t").Read());
        Assert.Contains("The checkpoint at event 2 of stream 'score/t/score' can't be used", error.Message, StringComparison.Ordinal);
        Assert.Contains("The events before 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("UpcastGrainState", error.Message, StringComparison.Ordinal);
        Assert.Contains("restore", error.Message, StringComparison.Ordinal);
        QuarantinedStream quarantined = Assert.Single(cluster.Services.GetQuarantinedStreams());
        Assert.Equal((Stream.Value, 2), (quarantined.Stream, quarantined.Version));
    }

    [Fact]
    public async Task An_upcaster_makes_the_state_also_where_the_events_were_dropped()
    {
        await WriteAsync(CheckpointOf("no version"), Retention.Last);
        using var rebuilt = new MeasuredMetric("actors.grainlog.rebuilt");
        await using WalCluster cluster = await WalCluster.StartAsync(
            _directory, silo: s => s.UpcastGrainState<Score, FirstScore>(null, old => new Score { Sum = old.Sum, Count = 100 }));
        IScoreGrain score = cluster.Client.GetGrain<IScoreGrain>("t");
        Assert.Equal((60, 101), await score.Read());
        Assert.Equal(0, rebuilt.Sum);
    }

    [Fact]
    public async Task A_dropped_checkpoint_lets_the_running_grain_be_rebuilt()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        IScoreGrain score = cluster.Client.GetGrain<IScoreGrain>("t");
        for (int i = 1; i <= 5; i++)
            await score.Add(i);
        await score.TakeCheckpoint();
        using var rebuilt = new MeasuredMetric("actors.grainlog.rebuilt");
        await cluster.Services.DropCheckpointAsync(Stream.Value);
        await cluster.Cluster.WaitForDeactivationAsync(score);
        Assert.Equal((15, 5), await score.Read());
        Assert.Equal(1, rebuilt.Sum);
    }

    [Fact]
    public async Task Dropping_is_refused_where_events_are_missing()
    {
        await WriteAsync(CheckpointOf("version 1"), Retention.Last);
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => cluster.Services.DropCheckpointAsync(Stream.Value));
        Assert.Contains("keeps its events from 3 on", error.Message, StringComparison.Ordinal);
        Assert.Contains("no stream 'x/y/z'", (await Assert.ThrowsAsync<ArgumentException>(() => cluster.Services.DropCheckpointAsync("x/y/z"))).Message, StringComparison.Ordinal);
        await cluster.Notebook("n").Write("1");
        Assert.Contains("has no checkpoint", (await Assert.ThrowsAsync<ArgumentException>(() => cluster.Services.DropCheckpointAsync("notebook/n/notebook"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_version_by_shape_changes_with_the_shape_alone()
    {
        Assert.Null(StateVersion.Of(typeof(Notebook)));
        Assert.Equal(2UL, StateVersion.Of(typeof(Score)));
        ulong? shape = StateVersion.Of(typeof(Shapes.One.State));
        Assert.True(shape > long.MaxValue);
        Assert.Equal(shape, StateVersion.Of(typeof(Shapes.One.State)));
        Assert.Equal(shape, StateVersion.Of(typeof(Shapes.Same.State)));
        Assert.NotEqual(shape, StateVersion.Of(typeof(Shapes.OtherMember.State)));
        Assert.NotEqual(shape, StateVersion.Of(typeof(Shapes.OtherPart.State)));
    }

    private static EventData CheckpointOf(string kind)
    {
        byte[] old = MessagePackSerializer.Serialize(new FirstScore { Sum = 30 });
        return kind switch
        {
            "no version" => new EventData(old, 1),
            "version 1" => new EventData(new byte[] { 1, 0, 0, 0, 0, 0, 0, 0 }.Concat(old).ToArray(), 1 | StatePayload.CodecFlag),
            "damaged" => new EventData(new byte[] { 2, 0, 0, 0, 0, 0, 0, 0, 0xC1 }, 1 | StatePayload.CodecFlag),
            "too short" => new EventData(new byte[] { 2, 0 }, 1 | StatePayload.CodecFlag),
            "another codec" => new EventData(new byte[] { 2, 0, 0, 0, 0, 0, 0, 0, 1 }, 33 | StatePayload.CodecFlag),
            _ => new EventData(ReadOnlyMemory<byte>.Empty, StatePayload.NoState),
        };
    }

    /// <summary>Events of 10, 20 and 30, and a checkpoint behind the second.</summary>
    private async Task WriteAsync(EventData checkpoint, Retention retention)
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(Stream, new StreamOptions { Retention = retention });
        var codec = new AliasedMessagePackFormat<ScoreAdded>("score.added", []);
        foreach (int amount in (int[])[10, 20, 30])
        {
            PayloadWriter payload = PayloadWriter.Rent();
            codec.Encode(new ScoreAdded(amount), payload);
            await stream.AppendAsync(new EventData(payload.Written.ToArray(), codec.Number));
            PayloadWriter.Return(payload);
            if (amount == 20)
                await stream.CheckpointAsync(stream.Head, checkpoint);
        }
    }

    private static class Shapes
    {
        public static class One
        {
            [GrainStateVersion]
            public sealed class State
            {
                public int Number { get; set; }

                public List<Part> Parts { get; set; } = [];
            }

            public sealed class Part
            {
                public string Text { get; set; } = "";
            }
        }

        public static class Same
        {
            [GrainStateVersion]
            public sealed class State
            {
                public List<One.Part> Parts { get; set; } = [];

                public int Number { get; set; }

                public int Twice => Number * 2;
            }
        }

        public static class OtherMember
        {
            [GrainStateVersion]
            public sealed class State
            {
                public long Number { get; set; }

                public List<One.Part> Parts { get; set; } = [];
            }
        }

        public static class OtherPart
        {
            [GrainStateVersion]
            public sealed class State
            {
                public int Number { get; set; }

                public List<Part> Parts { get; set; } = [];
            }

            public sealed class Part
            {
                public string Text { get; set; } = "";

                public int Size { get; set; }
            }
        }
    }
}
