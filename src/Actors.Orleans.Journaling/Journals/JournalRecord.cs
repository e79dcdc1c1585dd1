using System.Buffers;
using Actors.Wal;
using MessagePack;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>The kinds of records in a journal's stream. Their numbers are in the log and never change.</summary>
internal enum JournalRecordKind
{
    /// <summary>The next bytes of the journal: <c>[1, bytes]</c>.</summary>
    Data = 1,

    /// <summary>The journal's format and properties from here on: <c>[2, format, properties]</c>.</summary>
    Metadata = 2,

    /// <summary>
    /// All bytes so far: <c>[3, format, properties, parts, bytes]</c>. A snapshot that is too large for one record has no bytes
    /// here. They are in the next <c>parts</c> records of kind <see cref="SnapshotPart"/>.
    /// </summary>
    Snapshot = 3,

    /// <summary>Bytes of a snapshot: <c>[4, bytes]</c>. A part that belongs to no snapshot is left from an attempt that did not complete.</summary>
    SnapshotPart = 4,
}

/// <summary>A record of a journal's stream, as MessagePack.</summary>
internal readonly record struct JournalRecord(JournalRecordKind Kind, string? Format, IReadOnlyDictionary<string, string> Properties, int Parts, ReadOnlySequence<byte> Data)
{
    /// <summary>An upper bound of a record's bytes without its data and properties.</summary>
    public const int HeaderBytes = 256;

    private const byte MessagePackCodec = (byte)LogCodec.MessagePack;

    private static readonly Dictionary<string, string> None = [];

    public static EventData OfData(ReadOnlySequence<byte> data) => OfBytes(JournalRecordKind.Data, data);

    public static EventData OfSnapshotPart(ReadOnlySequence<byte> data) => OfBytes(JournalRecordKind.SnapshotPart, data);

    public static EventData OfMetadata(string? format, IReadOnlyDictionary<string, string> properties)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(3);
        writer.Write((int)JournalRecordKind.Metadata);
        WriteMetadata(ref writer, format, properties);
        writer.Flush();
        return new EventData(buffer.WrittenMemory, MessagePackCodec);
    }

    public static EventData OfSnapshot(string? format, IReadOnlyDictionary<string, string> properties, int parts, ReadOnlySequence<byte> data)
    {
        var buffer = new ArrayBufferWriter<byte>((int)data.Length + HeaderBytes);
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(5);
        writer.Write((int)JournalRecordKind.Snapshot);
        WriteMetadata(ref writer, format, properties);
        writer.Write(parts);
        writer.Write(data);
        writer.Flush();
        return new EventData(buffer.WrittenMemory, MessagePackCodec);
    }

    /// <summary>Decodes a record. Its data is valid as long as the log record's payload.</summary>
    /// <exception cref="GrainLogDecodeException">The record is not one of a journal.</exception>
    public static JournalRecord Of(in LogRecord record)
    {
        try
        {
            var reader = new MessagePackReader(record.Payload);
            int count = reader.ReadArrayHeader();
            var kind = (JournalRecordKind)reader.ReadInt32();
            return (kind, count) switch
            {
                (JournalRecordKind.Data or JournalRecordKind.SnapshotPart, 2) => new JournalRecord(kind, null, None, 0, ReadBytes(ref reader)),
                (JournalRecordKind.Metadata, 3) => new JournalRecord(kind, reader.ReadString(), ReadProperties(ref reader), 0, default),
                (JournalRecordKind.Snapshot, 5) => new JournalRecord(kind, reader.ReadString(), ReadProperties(ref reader), reader.ReadInt32(), ReadBytes(ref reader)),
                _ => throw new MessagePackSerializationException($"A journal has no record of kind {(int)kind} with {count} fields."),
            };
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException)
        {
            throw new GrainLogDecodeException(record.Stream, record.Sequence, "Journal record", e);
        }
    }

    public static void WriteProperties(ref MessagePackWriter writer, IReadOnlyDictionary<string, string> properties)
    {
        writer.WriteMapHeader(properties.Count);
        foreach ((string name, string value) in properties)
        {
            writer.Write(name);
            writer.Write(value);
        }
    }

    public static Dictionary<string, string> ReadProperties(ref MessagePackReader reader)
    {
        int count = reader.ReadMapHeader();
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString() ?? "";
            properties[name] = reader.ReadString() ?? "";
        }

        return properties;
    }

    private static EventData OfBytes(JournalRecordKind kind, ReadOnlySequence<byte> data)
    {
        var buffer = new ArrayBufferWriter<byte>((int)data.Length + HeaderBytes);
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(2);
        writer.Write((int)kind);
        writer.Write(data);
        writer.Flush();
        return new EventData(buffer.WrittenMemory, MessagePackCodec);
    }

    private static void WriteMetadata(ref MessagePackWriter writer, string? format, IReadOnlyDictionary<string, string> properties)
    {
        writer.Write(format);
        WriteProperties(ref writer, properties);
    }

    private static ReadOnlySequence<byte> ReadBytes(ref MessagePackReader reader) => reader.ReadBytes() ?? default;
}
