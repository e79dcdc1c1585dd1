using System.Buffers;
using Actors.Wal;
using MessagePack;
using Orleans.Serialization;
using Orleans.Transactions;
using Orleans.Transactions.Abstractions;

namespace Actors.Orleans.TransactionalStates;

/// <summary>
/// Encodes steps and images as MessagePack. The commit records and a state's manager are embedded in the Orleans serializer's format.
/// A step is <c>[time, commit records, [prepared…], commit up to, abort after]</c>, an image
/// <c>[time, commit records, [prepared…], committed sequence, committed codec, committed bytes]</c>, and a prepared state
/// <c>[sequence, transaction, time, manager, codec, bytes]</c>.
/// </summary>
internal sealed class TransactionalFormat(Serializer<Dictionary<Guid, CommitRecord>> records, Serializer<ParticipantId> participants)
{
    private const byte Codec = (byte)LogCodec.MessagePack;
    private const int StepFields = 5;
    private const int ImageFields = 6;
    private const int PreparedFields = 6;

    public EventData Encode(TransactionStep step)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(StepFields);
        Write(ref writer, step.Metadata, step.Prepared);
        Write(ref writer, step.CommitUpTo);
        Write(ref writer, step.AbortAfter);
        writer.Flush();
        return new EventData(buffer.WrittenMemory, Codec);
    }

    public EventData Encode(TransactionalImage image)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(ImageFields);
        Write(ref writer, image.Metadata, image.Pending);
        writer.Write(image.CommittedSequenceId);
        writer.Write(image.Committed?.Codec ?? 0);
        if (image.Committed is { } committed)
            writer.Write(committed.Bytes.Span);
        else
            writer.WriteNil();
        writer.Flush();
        return new EventData(buffer.WrittenMemory, Codec);
    }

    /// <summary>Applies a record of the stream to an image.</summary>
    /// <exception cref="GrainLogDecodeException">The record is not one of a transactional state.</exception>
    public TransactionalImage Apply(TransactionalImage image, in LogRecord record)
    {
        try
        {
            var reader = new MessagePackReader(record.Payload);
            int fields = reader.ReadArrayHeader();
            (TransactionalStateMetaData metadata, List<PreparedState> prepared) = ReadCommon(ref reader);
            return (record.Kind, fields) switch
            {
                (LogRecordKind.Event, StepFields) => image.After(new TransactionStep(metadata, prepared, ReadNumber(ref reader), ReadNumber(ref reader))),
                (LogRecordKind.State, ImageFields) => TransactionalImage.Of(metadata, reader.ReadInt64(), ReadState(ref reader), prepared),
                _ => throw new MessagePackSerializationException($"A transactional state has no record of kind {record.Kind} with {fields} fields."),
            };
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException or SerializerException or InvalidOperationException)
        {
            throw new GrainLogDecodeException(record.Stream, record.Sequence, "Step of a transactional state", e);
        }
    }

    private void Write(ref MessagePackWriter writer, TransactionalStateMetaData metadata, IReadOnlyList<PreparedState> prepared)
    {
        writer.Write(metadata.TimeStamp.ToBinary());
        if (metadata.CommitRecords is { Count: > 0 } commits)
            writer.Write(records.SerializeToArray(commits));
        else
            writer.WriteNil();
        writer.WriteArrayHeader(prepared.Count);
        foreach (PreparedState state in prepared)
        {
            writer.WriteArrayHeader(PreparedFields);
            writer.Write(state.SequenceId);
            writer.Write(state.TransactionId);
            writer.Write(state.TimeStamp.ToBinary());
            writer.Write(participants.SerializeToArray(state.Manager));
            writer.Write(state.State.Codec);
            writer.Write(state.State.Bytes.Span);
        }
    }

    private (TransactionalStateMetaData Metadata, List<PreparedState> Prepared) ReadCommon(ref MessagePackReader reader)
    {
        var metadata = new TransactionalStateMetaData { TimeStamp = DateTime.FromBinary(reader.ReadInt64()) };
        if (!reader.TryReadNil())
            metadata.CommitRecords = records.Deserialize(Bytes(ref reader))!;
        int count = reader.ReadArrayHeader();
        var prepared = new List<PreparedState>();
        for (int i = 0; i < count; i++)
        {
            if (reader.ReadArrayHeader() != PreparedFields)
                throw new MessagePackSerializationException("A prepared state has another number of fields.");
            prepared.Add(new PreparedState(
                reader.ReadInt64(), reader.ReadString() ?? "", DateTime.FromBinary(reader.ReadInt64()), participants.Deserialize(Bytes(ref reader)), ReadState(ref reader) ?? default));
        }

        return (metadata, prepared);
    }

    private static EncodedState? ReadState(ref MessagePackReader reader)
    {
        byte codec = reader.ReadByte();
        return reader.TryReadNil() ? null : new EncodedState(codec, Bytes(ref reader));
    }

    private static void Write(ref MessagePackWriter writer, long? number)
    {
        if (number is { } value)
            writer.Write(value);
        else
            writer.WriteNil();
    }

    private static long? ReadNumber(ref MessagePackReader reader) => reader.TryReadNil() ? null : reader.ReadInt64();

    private static byte[] Bytes(ref MessagePackReader reader) => reader.ReadBytes() is { } bytes ? bytes.ToArray() : [];
}
