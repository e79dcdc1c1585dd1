using System.Buffers.Binary;

namespace Actors.Wal.Postgres.Streams;

/// <summary>A row's events as bytes: for each its length (4 bytes, little-endian), its codec (1 byte), and itself.</summary>
internal static class RowPayload
{
    public const int HeaderBytes = 5;

    public static byte[] Encode(IReadOnlyList<EventData> events)
    {
        var bytes = new byte[events.Sum(e => HeaderBytes + e.Payload.Length)];
        Span<byte> rest = bytes;
        foreach (EventData data in events)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, data.Payload.Length);
            rest[4] = data.Codec;
            data.Payload.Span.CopyTo(rest[HeaderBytes..]);
            rest = rest[(HeaderBytes + data.Payload.Length)..];
        }

        return bytes;
    }

    /// <summary>The events of a row.</summary>
    /// <exception cref="InvalidDataException">The bytes are not so many events.</exception>
    public static List<EventData> Decode(ReadOnlyMemory<byte> bytes, int count)
    {
        var events = new List<EventData>(count);
        while (events.Count < count)
        {
            if (bytes.Length < HeaderBytes)
                throw new InvalidDataException($"The row ends within event {events.Count + 1} of {count}.");
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
            if (length < 0 || length > bytes.Length - HeaderBytes)
                throw new InvalidDataException($"Event {events.Count + 1} of {count} has {length} bytes, and the row {bytes.Length - HeaderBytes} more.");
            events.Add(new EventData(bytes.Slice(HeaderBytes, length), bytes.Span[4]));
            bytes = bytes[(HeaderBytes + length)..];
        }

        return bytes.IsEmpty ? events : throw new InvalidDataException($"The row has {bytes.Length} bytes behind its {count} events.");
    }
}
