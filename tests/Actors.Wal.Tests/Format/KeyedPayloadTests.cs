using System.Buffers;

namespace Actors.Wal.Tests.Format;

public sealed class KeyedPayloadTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("zahlung-4711/ä€😀")]
    public void An_event_and_its_key_come_apart_as_they_were_put_together(string key)
    {
        var target = new ArrayBufferWriter<byte>();
        KeyedPayload.Write(target, key);
        target.Write<byte>([1, 2, 3]);
        LogRecord bare = KeyedPayload.Unwrap(Record(LogRecordKind.Event, 2 | KeyedPayload.CodecFlag, target.WrittenMemory), out string? read);
        Assert.Equal(key, read);
        Assert.Equal(2, bare.Codec);
        Assert.Equal([1, 2, 3], bare.Payload.ToArray());
        Assert.Equal(new Sequence(7), bare.Sequence);
    }

    [Fact]
    public void A_checkpoint_and_its_keys_come_apart_as_they_were_put_together()
    {
        KeyValuePair<string, Sequence>[] keys = [new("a", new Sequence(3)), new(new string('x', 255), new Sequence(long.MaxValue)), new("b", new Sequence(1))];
        var target = new ArrayBufferWriter<byte>();
        KeyedPayload.Write(target, keys);
        target.Write<byte>([9]);
        LogRecord bare = KeyedPayload.Unwrap(Record(LogRecordKind.Checkpoint, 1 | KeyedPayload.CodecFlag, target.WrittenMemory), out IReadOnlyList<KeyValuePair<string, Sequence>> read);
        Assert.Equal(keys, read);
        Assert.Equal([9], bare.Payload.ToArray());
    }

    [Fact]
    public void The_bytes_are_those_of_the_description()
    {
        var single = new ArrayBufferWriter<byte>();
        KeyedPayload.Write(single, "ab");
        Assert.Equal("026162", Convert.ToHexStringLower(single.WrittenSpan));
        var several = new ArrayBufferWriter<byte>();
        KeyedPayload.Write(several, [new KeyValuePair<string, Sequence>("ab", new Sequence(258))]);
        Assert.Equal("01000261620201000000000000", Convert.ToHexStringLower(several.WrittenSpan));
    }

    [Fact]
    public void Without_the_flag_nothing_is_taken_apart()
    {
        LogRecord record = Record(LogRecordKind.Event, 1, new byte[] { 2, 97, 98 });
        Assert.Equal([2, 97, 98], KeyedPayload.Unwrap(record, out string? key).Payload.ToArray());
        Assert.Null(key);
        KeyedPayload.Unwrap(record, out IReadOnlyList<KeyValuePair<string, Sequence>> keys);
        Assert.Empty(keys);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0361")]
    [InlineData("02ff61")]
    public void An_event_with_a_bad_key_is_an_error(string hex)
        => Assert.Throws<InvalidDataException>(() => KeyedPayload.Unwrap(Record(LogRecordKind.Event, KeyedPayload.CodecFlag, Convert.FromHexString(hex)), out string? _));

    [Theory]
    [InlineData("01")]
    [InlineData("0100")]
    [InlineData("010001610100000000")]
    [InlineData("010001610000000000000000")]
    [InlineData("01000161ffffffffffffffff")]
    [InlineData("020001610100000000000000")]
    public void A_checkpoint_with_bad_keys_is_an_error(string hex)
        => Assert.Throws<InvalidDataException>(() => KeyedPayload.Unwrap(Record(LogRecordKind.Checkpoint, KeyedPayload.CodecFlag, Convert.FromHexString(hex)), out IReadOnlyList<KeyValuePair<string, Sequence>> _));

    [Theory]
    [InlineData('x', 0, "empty")]
    [InlineData('\ud800', 1, "Unicode")]
    [InlineData('x', 256, "1 to 255 bytes")]
    public void An_invalid_key_is_refused(char repeated, int length, string message)
    {
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => KeyedPayload.CheckKey(new string(repeated, length)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static LogRecord Record(LogRecordKind kind, int codec, ReadOnlyMemory<byte> payload)
        => new(kind, new Sequence(7), new Lsn(9), DateTimeOffset.UnixEpoch, new Epoch(1), (byte)codec, payload, new LogStreamId("a"));
}
