using System.Buffers.Binary;

namespace Actors.Wal;

/// <summary>
/// The version of the state's type in a checkpoint: 8 bytes, little-endian, behind the idempotency keys and in front of the state.
/// <see cref="CodecFlag"/> in the codec's number says that they are there.
/// </summary>
public static class StatePayload
{
    /// <summary>Added to the codec's number.</summary>
    public const byte CodecFlag = 0x40;

    /// <summary>The bytes of a version.</summary>
    public const int Bytes = sizeof(ulong);

    /// <summary>The codec of a checkpoint without a state: what came before it is to be replayed.</summary>
    public const byte NoState = 0;

    /// <summary>Writes a version.</summary>
    /// <param name="target">At least <see cref="Bytes"/> long.</param>
    /// <param name="version">The version.</param>
    public static void Write(Span<byte> target, ulong version) => BinaryPrimitives.WriteUInt64LittleEndian(target, version);

    /// <summary>A checkpoint's state without its version.</summary>
    /// <param name="record">The checkpoint, without its keys.</param>
    /// <param name="version">The version; null if it says none.</param>
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
