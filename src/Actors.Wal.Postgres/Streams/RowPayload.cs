using System.Buffers.Binary;

namespace Actors.Wal.Postgres.Streams;

/// <summary>A row's events as bytes: for each event its length (4 bytes, little-endian), its codec (1 byte), and its payload.</summary>
internal static class RowPayload
{
    public const int HeaderBytes = 5;

    public static int SizeOf(ReadOnlySpan<EventData> events)
    {
        int bytes = 0;
        foreach (EventData data in events)
            bytes = checked(bytes + HeaderBytes + data.Payload.Length);
        return bytes;
    }

    public static byte[] Encode(ReadOnlySpan<EventData> events)
    {
        var bytes = new byte[SizeOf(events)];
        Encode(events, bytes);
        return bytes;
    }

    public static void Encode(ReadOnlySpan<EventData> events, Span<byte> bytes)
    {
        foreach (EventData data in events)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, data.Payload.Length);
            bytes[4] = data.Codec;
            data.Payload.Span.CopyTo(bytes[HeaderBytes..]);
            bytes = bytes[(HeaderBytes + data.Payload.Length)..];
        }
    }

    /// <summary>Decodes the events of a row.</summary>
    /// <exception cref="InvalidDataException">The bytes are not exactly this number of events.</exception>
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
