using System.Buffers.Binary;
using System.IO.Hashing;
using Actors.Wal.Format;

namespace Actors.Wal.Copying;

/// <summary>Counts a stream's records and computes a digest of them. Two streams with the same digest are equal.</summary>
internal sealed class StreamTally(StreamInfo info)
{
    private ulong _digest;

    public StreamInfo Info => info;

    /// <summary>The first event of the records that were added; the stream's first event while there are none.</summary>
    public Sequence Begin { get; private set; } = info.First;

    public CopyPosition Position { get; private set; } = new(new Sequence(info.First.Value - 1), 0);

    public long Records { get; private set; }

    public long Events { get; private set; }

    public long Checkpoints { get; private set; }

    /// <summary>Payload bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether a stream keeps a record: an event from the first one on, or a checkpoint or state record that these can build on.</summary>
    public bool Keeps(in LogRecord record) => record.Kind switch
    {
        LogRecordKind.Event => record.Sequence >= info.First,
        LogRecordKind.State or LogRecordKind.Checkpoint => record.Sequence.Next >= info.First,
        _ => false,
    };

    /// <summary>Adds the next record that the stream keeps.</summary>
    /// <returns>False if the record is not the next one.</returns>
    public bool TryAdd(in LogRecord record)
    {
        if (record.Kind == LogRecordKind.Checkpoint)
        {
            Checkpoints++;
        }
        else
        {
            // A state record right before the first event is what this event builds on.
            if (Records == 0 && record.Sequence.Next == info.First)
            {
                Begin = record.Sequence;
                Position = new CopyPosition(new Sequence(record.Sequence.Value - 1), 0);
            }

            if (record.Sequence != Position.Head.Next)
                return false;
            Events++;
        }

        Position = Position.After(record);
        Records++;
        Bytes += record.Payload.Length;
        _digest = DigestOf(record, _digest);
        return true;
    }

    /// <summary>Whether another stream has the same records.</summary>
    public bool Equals(StreamTally other)
        => Records == other.Records && Events == other.Events && _digest == other._digest && info == other.Info;

    /// <summary>Returns a number that two records share only if they are equal. LSN and epoch are not part of it.</summary>
    public static ulong DigestOf(in LogRecord record, ulong seed = 0)
    {
        Span<byte> fields = stackalloc byte[24];
        BinaryPrimitives.WriteInt64LittleEndian(fields, record.Sequence.Value);
        BinaryPrimitives.WriteInt64LittleEndian(fields[8..], UnixMicros.Of(record.Time));
        BinaryPrimitives.WriteInt32LittleEndian(fields[16..], record.Payload.Length);
        fields[20] = (byte)record.Kind;
        fields[21] = record.Codec;
        ulong digest = XxHash3.HashToUInt64(fields, unchecked((long)seed));
        return XxHash3.HashToUInt64(record.Payload.Span, unchecked((long)digest));
    }
}
