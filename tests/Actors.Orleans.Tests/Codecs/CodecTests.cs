using Actors.Orleans.Codecs;
using Actors.Orleans.Tests.Grains;
using Actors.Wal;
using MessagePack;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Actors.Orleans.Tests.Codecs;

[MessagePackObject, GenerateSerializer, Alias("codec.both")]
public sealed record Both([property: Key(0), Id(0)] int Number, [property: Key(1), Id(1)] string Text);

[GenerateSerializer, Alias("codec.orleans")]
public sealed record OrleansOnly([property: Id(0)] int Number);

[GenerateSerializer]
public sealed record WithoutAlias([property: Id(0)] int Number);

[GenerateSerializer]
[Alias("tests.Named")]
public abstract record Named;

[GenerateSerializer]
[Alias("tests.NamedToo")]
public sealed record NamedToo : Named;

[GenerateSerializer]
[Alias("tests.Inheriting")]
public abstract record Inheriting;

/// <summary>An alias is not inherited.</summary>
[GenerateSerializer]
public sealed record InheritsAlias : Inheriting;

[MessagePackObject]
public sealed record PackedWithoutAlias([property: Key(0)] int Number);

public abstract record Unnamed;

[MessagePackObject]
public sealed record UnnamedChild([property: Key(0)] int Number) : Unnamed;

[Union(0, typeof(FirstNamed))]
public abstract record HalfNamed;

[MessagePackObject]
public sealed record FirstNamed([property: Key(0)] int Number) : HalfNamed;

[MessagePackObject]
public sealed record Forgotten([property: Key(0)] int Number) : HalfNamed;

public sealed class CodecTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private readonly LogCodecs _codecs;

    public CodecTests() => _codecs = new LogCodecs(_services);

    public void Dispose() => _services.Dispose();

    [Theory]
    [InlineData(LogCodec.MessagePack, LogCodec.Orleans)]
    [InlineData(LogCodec.Orleans, LogCodec.MessagePack)]
    public void Payloads_are_read_under_either_codec_setting(LogCodec written, LogCodec now)
    {
        var value = new Both(7, "seven");
        Assert.Equal(value, Through(_codecs.ForEvent<Both>(written), _codecs.ForEvent<Both>(now), value));
        Assert.Equal(value, Through(_codecs.ForState<Both>(written), _codecs.ForState<Both>(now), value));
    }

    [Fact]
    public void Types_marked_for_MessagePack_use_it_and_others_the_Orleans_serializer()
    {
        Assert.Equal((byte)LogCodec.MessagePack, _codecs.ForState<Both>(LogCodec.Auto).Number);
        Assert.Equal((byte)LogCodec.MessagePack, _codecs.ForEvent<NotebookEvent>(LogCodec.Auto).Number);
        Assert.Equal((byte)LogCodec.Orleans, _codecs.ForEvent<OrleansOnly>(LogCodec.Auto).Number);
    }

    [Fact]
    public void An_unknown_codec_or_undecodable_bytes_name_stream_and_sequence()
    {
        PayloadCodec<Both> codec = _codecs.ForEvent<Both>(LogCodec.Auto);
        GrainLogDecodeException unknown = Assert.Throws<GrainLogDecodeException>(() => codec.Decode(Record([1, 2, 3], 99)));
        Assert.Contains("Event 5 of stream 's'", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("99", unknown.Message, StringComparison.Ordinal);
        Assert.Throws<GrainLogDecodeException>(() => codec.Decode(Record([0xC1], (byte)LogCodec.MessagePack)));
        Assert.Throws<GrainLogDecodeException>(() => codec.Decode(Record([0xC1], (byte)LogCodec.Orleans)));
    }

    [Fact]
    public void An_event_of_a_union_key_that_the_program_does_not_know_is_an_error_and_not_null()
    {
        byte[] other = MessagePackSerializer.Serialize(new object[] { 42, new object[] { 1 } });
        GrainLogDecodeException error = Assert.Throws<GrainLogDecodeException>(() => _codecs.ForEvent<HalfNamed>(LogCodec.Auto).Decode(Record(other, (byte)LogCodec.MessagePack)));
        Assert.Contains("union key is 42", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Null_is_no_event()
    {
        Assert.Throws<ArgumentNullException>(() => _codecs.ForEvent<HalfNamed>(LogCodec.Auto).Encode(null!));
        Assert.Throws<ArgumentNullException>(() => _codecs.ForEvent<OrleansOnly>(LogCodec.Auto).Encode(null!));
        Assert.Throws<GrainLogDecodeException>(() => _codecs.ForEvent<HalfNamed>(LogCodec.Auto).Decode(Record([0xC0], (byte)LogCodec.MessagePack)));
        Assert.Throws<GrainLogDecodeException>(() => _codecs.ForEvent<OrleansOnly>(LogCodec.Auto).Decode(Record(Written(_codecs.ForState<OrleansOnly>(LogCodec.Orleans), null!), (byte)LogCodec.Orleans)));

        static byte[] Written<T>(PayloadCodec<T> codec, T value)
        {
            PayloadWriter writer = codec.Encode(value);
            byte[] bytes = writer.Written.ToArray();
            PayloadWriter.Return(writer);
            return bytes;
        }
    }

    [Fact]
    public void An_event_under_another_alias_is_not_decoded_as_this_one()
    {
        byte[] other = MessagePackSerializer.Serialize(new object[] { "other.alias", new object[] { 1, "x" } });
        GrainLogDecodeException error = Assert.Throws<GrainLogDecodeException>(() => _codecs.ForEvent<Both>(LogCodec.Auto).Decode(Record(other, (byte)LogCodec.MessagePack)));
        Assert.Contains("'other.alias'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(Both), LogCodec.Auto, null)]
    [InlineData(typeof(NotebookEvent), LogCodec.Auto, null)]
    [InlineData(typeof(OrleansOnly), LogCodec.Auto, null)]
    [InlineData(typeof(Named), LogCodec.Auto, null)]
    [InlineData(typeof(Inheriting), LogCodec.Auto, "InheritsAlias has no alias")]
    [InlineData(typeof(WithoutAlias), LogCodec.Auto, "has no alias")]
    [InlineData(typeof(PackedWithoutAlias), LogCodec.Auto, "has no alias")]
    [InlineData(typeof(Unnamed), LogCodec.MessagePack, "names no subtypes")]
    [InlineData(typeof(Unnamed), LogCodec.Auto, "can't be serialized")]
    [InlineData(typeof(HalfNamed), LogCodec.Auto, "Forgotten is not among the [Union(key, type)]")]
    public void An_event_type_without_a_name_of_its_own_is_found_at_start(Type type, LogCodec codec, string? problem)
    {
        string problems = string.Join('\n', EventTypeCheck.Problems(type, codec));
        if (problem is null)
            Assert.Empty(problems);
        else
            Assert.Contains(problem, problems, StringComparison.Ordinal);
    }

    private static T Through<T>(PayloadCodec<T> writing, PayloadCodec<T> reading, T value)
    {
        PayloadWriter writer = writing.Encode(value);
        T read = reading.Decode(Record(writer.Written.ToArray(), writing.Number));
        PayloadWriter.Return(writer);
        return read;
    }

    private static LogRecord Record(byte[] payload, byte codec) => new(
        LogRecordKind.Event, new Sequence(5), new Lsn(9), DateTimeOffset.UnixEpoch, Epoch.Zero, codec, payload, new LogStreamId("s"));
}
