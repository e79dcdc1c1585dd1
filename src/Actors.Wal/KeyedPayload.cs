using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Actors.Wal;

/// <summary>
/// Idempotency keys in front of a grain log's payloads: the key of an event, and the keys that a checkpoint keeps.
/// <see cref="CodecFlag"/> in the codec number says that keys are present.
/// </summary>
/// <remarks>
/// In front of an event: the key's length in bytes (1 byte, not 0), and the key in UTF-8. In front of a checkpoint's state: the number of
/// keys (2 bytes), then for each key its length and bytes as for an event, and the sequence of its last event (8 bytes). Little-endian.
/// </remarks>
internal static class KeyedPayload
{
    /// <summary>The bit of a codec number that says that keys are present.</summary>
    public const byte CodecFlag = 0x80;

    /// <summary>The most bytes of a key in UTF-8.</summary>
    public const int MaxKeyBytes = 255;

    /// <summary>The most keys of a checkpoint.</summary>
    public const int MaxKeys = ushort.MaxValue;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether keys are in front of a record's payload.</summary>
    public static bool IsKeyed(in LogRecord record) => (record.Codec & CodecFlag) != 0;

    /// <summary>Checks an idempotency key.</summary>
    /// <exception cref="ArgumentException">The key is empty, too long, or not valid Unicode.</exception>
    public static void CheckKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        int bytes;
        try
        {
            bytes = Utf8.GetByteCount(key);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("An idempotency key must be valid Unicode; this one has half a surrogate pair.", nameof(key), e);
        }

        if (bytes > MaxKeyBytes)
            throw new ArgumentException($"An idempotency key has 1 to {MaxKeyBytes} bytes of UTF-8; this one has {bytes}.", nameof(key));
    }

    /// <summary>Writes the key that precedes an event's payload.</summary>
    /// <exception cref="ArgumentException">The key is not valid.</exception>
    public static void Write(IBufferWriter<byte> target, string key)
    {
        ArgumentNullException.ThrowIfNull(target);
        CheckKey(key);
        Span<byte> span = target.GetSpan(1 + MaxKeyBytes);
        int bytes = Utf8.GetBytes(key, span[1..]);
        span[0] = (byte)bytes;
        target.Advance(1 + bytes);
    }

    /// <summary>Writes the keys that precede a checkpoint's state.</summary>
    /// <param name="target">Takes the bytes.</param>
    /// <param name="keys">The keys and the last event of each, oldest first; at most <see cref="MaxKeys"/>.</param>
    public static void Write(IBufferWriter<byte> target, IReadOnlyCollection<KeyValuePair<string, Sequence>> keys)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keys.Count, MaxKeys, nameof(keys));
        BinaryPrimitives.WriteUInt16LittleEndian(target.GetSpan(sizeof(ushort)), (ushort)keys.Count);
        target.Advance(sizeof(ushort));
        foreach ((string key, Sequence sequence) in keys)
        {
            Write(target, key);
            BinaryPrimitives.WriteInt64LittleEndian(target.GetSpan(sizeof(long)), sequence.Value);
            target.Advance(sizeof(long));
        }
    }

    /// <summary>Returns an event without its key.</summary>
    /// <param name="record">The event as read.</param>
    /// <param name="key">Its key, or null without one.</param>
    /// <exception cref="InvalidDataException">The bytes are not a key and a payload.</exception>
    public static LogRecord Unwrap(in LogRecord record, out string? key)
    {
        key = null;
        if (!IsKeyed(record))
            return record;
        ReadOnlySpan<byte> rest = record.Payload.Span;
        key = ReadKey(ref rest);
        return Bare(record, rest.Length);
    }

    /// <summary>Returns a checkpoint without its keys.</summary>
    /// <param name="record">The checkpoint as read.</param>
    /// <param name="keys">The keys that it keeps and the last event of each, oldest first.</param>
    /// <exception cref="InvalidDataException">The bytes are not keys and a state.</exception>
    public static LogRecord Unwrap(in LogRecord record, out IReadOnlyList<KeyValuePair<string, Sequence>> keys)
    {
        keys = [];
        if (!IsKeyed(record))
            return record;
        ReadOnlySpan<byte> rest = record.Payload.Span;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(Take(ref rest, sizeof(ushort)));
        var read = new List<KeyValuePair<string, Sequence>>(Math.Min(count, rest.Length));
        for (int i = 0; i < count; i++)
        {
            string key = ReadKey(ref rest);
            long sequence = BinaryPrimitives.ReadInt64LittleEndian(Take(ref rest, sizeof(long)));
            if (sequence < 1)
                throw new InvalidDataException($"A checkpoint says that key '{key}' was appended as event {sequence}.");
            read.Add(new KeyValuePair<string, Sequence>(key, new Sequence(sequence)));
        }

        keys = read;
        return Bare(record, rest.Length);
    }

    private static string ReadKey(ref ReadOnlySpan<byte> rest)
    {
        int length = Take(ref rest, 1)[0];
        if (length == 0)
            throw new InvalidDataException("An idempotency key is empty.");
        try
        {
            return Utf8.GetString(Take(ref rest, length));
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException("An idempotency key is no UTF-8.", e);
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int bytes)
    {
        if (rest.Length < bytes)
            throw new InvalidDataException("A payload ends within its idempotency keys.");
        ReadOnlySpan<byte> taken = rest[..bytes];
        rest = rest[bytes..];
        return taken;
    }

    private static LogRecord Bare(in LogRecord record, int payloadBytes) => new(
        record.Kind, record.Sequence, record.Lsn, record.Time, record.Epoch, (byte)(record.Codec & ~CodecFlag), record.Payload[^payloadBytes..], record.Stream);
}
