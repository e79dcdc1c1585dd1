using System.Buffers.Binary;

namespace Actors.Wal;

/// <summary>
/// The version of the state's type in a checkpoint: 8 bytes, little-endian, after the idempotency keys and before the state.
/// <see cref="CodecFlag"/> in the codec number says that the version is present.
/// </summary>
internal static class StatePayload
{
    /// <summary>The bit of a codec number that says that a version is present.</summary>
    public const byte CodecFlag = 0x40;

    /// <summary>The length of a version, in bytes.</summary>
    public const int Bytes = sizeof(ulong);

    /// <summary>The codec of a checkpoint without a state: the events before it must be replayed.</summary>
    public const byte NoState = 0;

    /// <summary>Writes a version.</summary>
    /// <param name="target">At least <see cref="Bytes"/> long.</param>
    /// <param name="version">The version.</param>
    public static void Write(Span<byte> target, ulong version) => BinaryPrimitives.WriteUInt64LittleEndian(target, version);

    /// <summary>Returns a checkpoint without its version.</summary>
    /// <param name="record">The checkpoint, without its keys.</param>
    /// <param name="version">The version; null without one.</param>
    /// <exception cref="InvalidDataException">The payload is too short.</exception>
    public static LogRecord Unwrap(in LogRecord record, out ulong? version)
    {
        version = null;
        if ((record.Codec & CodecFlag) == 0)
            return record;
        if (record.Payload.Length < Bytes)
            throw new InvalidDataException($"The payload has {record.Payload.Length} bytes, too few for a version of the state.");
        version = BinaryPrimitives.ReadUInt64LittleEndian(record.Payload.Span);
        return new LogRecord(
            record.Kind, record.Sequence, record.Lsn, record.Time, record.Epoch, (byte)(record.Codec & ~CodecFlag), record.Payload[Bytes..], record.Stream);
    }
}
