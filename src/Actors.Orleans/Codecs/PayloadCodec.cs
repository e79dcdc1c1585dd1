using System.Buffers;
using Actors.Wal;

namespace Actors.Orleans.Codecs;

/// <summary>Encodes with the chosen format, and decodes with the one that a frame records.</summary>
internal sealed class PayloadCodec<T>(IPayloadFormat<T> chosen, Func<byte, IPayloadFormat<T>?> byNumber)
{
    public byte Number => chosen.Number;

    /// <summary>Encodes into a rented writer, which is the caller's to return once the append has.</summary>
    /// <param name="value">The value.</param>
    /// <param name="front">Writes what stands in front of it.</param>
    public PayloadWriter Encode(T value, Action<IBufferWriter<byte>>? front = null)
    {
        PayloadWriter writer = PayloadWriter.Rent();
        try
        {
            front?.Invoke(writer);
            chosen.Encode(value, writer);
            return writer;
        }
        catch
        {
            PayloadWriter.Return(writer);
            throw;
        }
    }

    /// <summary>Decodes a record's payload.</summary>
    /// <exception cref="GrainLogDecodeException">It can't be decoded.</exception>
    public T Decode(in LogRecord record)
    {
        try
        {
            IPayloadFormat<T> format = record.Codec == chosen.Number
                ? chosen
                : byNumber(record.Codec) ?? throw new NotSupportedException($"Codec {record.Codec} is unknown.");
            return format.Decode(record.Payload);
        }
        catch (Exception e)
        {
            throw new GrainLogDecodeException(record.Stream, record.Sequence, record.Kind.ToString(), e);
        }
    }
}
