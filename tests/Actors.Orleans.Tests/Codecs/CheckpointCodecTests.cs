using Actors.Orleans.Codecs;
using Actors.Wal;
using MessagePack;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Actors.Orleans.Tests.Codecs;

public sealed class CheckpointCodecTests
{
    [Fact]
    public void A_checkpoint_of_a_version_is_not_used_by_a_program_without_one_nor_the_other_way_round()
    {
        LogRecord versioned = Encoded(Codec<SecondTotal>(), new SecondTotal { Value = 5 });
        LogRecord unversioned = Encoded(Codec<PlainTotal>(), new PlainTotal { Value = 5 });
        Assert.Equal(5, Codec<SecondTotal>().Decode(versioned).State.Value);
        Assert.Equal(5, Codec<PlainTotal>().Decode(unversioned).State.Value);
        Assert.Contains("it is of version 2", Assert.Throws<UnusableCheckpointException>(() => Codec<PlainTotal>().Decode(versioned)).Message, StringComparison.Ordinal);
        Assert.Contains("it is of no version", Assert.Throws<UnusableCheckpointException>(() => Codec<SecondTotal>().Decode(unversioned)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_upcaster_of_a_version_comes_before_the_one_of_all()
    {
        LogRecord plain = Encoded(Codec<PlainTotal>(), new PlainTotal { Value = 5 });
        LogRecord shaped = Encoded(Codec<ShapedTotal>(), new ShapedTotal { Value = 7 });
        CheckpointCodec<SecondTotal> codec = Codec<SecondTotal>(
            new StateUpcaster<SecondTotal, PlainTotal>(null, isAny: true, t => new SecondTotal { Value = t.Value }),
            new StateUpcaster<SecondTotal, PlainTotal>(null, isAny: false, t => new SecondTotal { Value = 100 * t.Value }));
        Assert.Equal(500, codec.Decode(plain).State.Value);
        Assert.Equal(7, codec.Decode(shaped).State.Value);
    }

    [Fact]
    public void An_upcaster_that_throws_or_gives_null_makes_the_checkpoint_unusable()
    {
        LogRecord plain = Encoded(Codec<PlainTotal>(), new PlainTotal { Value = 5 });
        CheckpointCodec<SecondTotal> throws = Codec<SecondTotal>(new StateUpcaster<SecondTotal, PlainTotal>(null, isAny: false, _ => throw new InvalidOperationException("no way")));
        Assert.Contains("no way", Assert.Throws<UnusableCheckpointException>(() => throws.Decode(plain)).Message, StringComparison.Ordinal);
        CheckpointCodec<SecondTotal> gives = Codec<SecondTotal>(new StateUpcaster<SecondTotal, PlainTotal>(null, isAny: false, _ => null!));
        Assert.Contains("it gave null", Assert.Throws<UnusableCheckpointException>(() => gives.Decode(plain)).Message, StringComparison.Ordinal);
    }

    private static CheckpointCodec<T> Codec<T>(params StateUpcaster<T>[] upcasters)
    {
        var services = new ServiceCollection();
        services.AddSerializer();
        foreach (StateUpcaster<T> upcaster in upcasters)
            services.AddSingleton(upcaster);
        return new LogCodecs(services.BuildServiceProvider()).ForCheckpoint<T>(LogCodec.MessagePack);
    }

    private static LogRecord Encoded<T>(CheckpointCodec<T> codec, T state)
    {
        PayloadWriter payload = codec.Encode(state, new IdempotencyWindow(10), out byte number);
        return new LogRecord(LogRecordKind.Checkpoint, new Sequence(5), new Lsn(9), DateTimeOffset.UnixEpoch, Epoch.Zero, number, payload.Written.ToArray(), new LogStreamId("s"));
    }
}

[MessagePackObject]
public sealed class PlainTotal
{
    [Key(0)]
    public int Value { get; set; }
}

[MessagePackObject]
[GrainStateVersion(2)]
public sealed class SecondTotal
{
    [Key(0)]
    public int Value { get; set; }
}

[MessagePackObject]
[GrainStateVersion]
public sealed class ShapedTotal
{
    [Key(0)]
    public int Value { get; set; }
}
