using System.Buffers;
using Actors.Wal;

namespace Actors.Orleans.Codecs;

/// <summary>Encodes with the chosen format, and decodes with the one that a frame records.</summary>
/// <param name="chosen">The format of what is written.</param>
/// <param name="byNumber">The format of what was written before; null for an unknown number.</param>
/// <param name="isEvent">Whether a value is an event, which is never null.</param>
internal sealed class PayloadCodec<T>(IPayloadFormat<T> chosen, Func<byte, IPayloadFormat<T>?> byNumber, bool isEvent = false)
{
    public byte Number => chosen.Number;

    /// <summary>Encodes into a rented writer, which is the caller's to return once the append has.</summary>
    /// <param name="value">The value.</param>
    /// <param name="front">Writes what stands in front of it.</param>
    public PayloadWriter Encode(T value, Action<IBufferWriter<byte>>? front = null)
    {
        if (isEvent && value is null)
            throw new ArgumentNullException(nameof(value), "An event can't be null.");
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
            T value = format.Decode(record.Payload);
            return isEvent && value is null ? throw new InvalidDataException("It is null, which is no event.") : value;
        }
        catch (Exception e)
        {
            throw new GrainLogDecodeException(record.Stream, record.Sequence, record.Kind.ToString(), e);
        }
    }

    /// <summary>Whether two values are written as the same bytes.</summary>
    public bool Same(T one, T other)
    {
        PayloadWriter first = Encode(one);
        PayloadWriter second = Encode(other);
        bool same = first.Written.Span.SequenceEqual(second.Written.Span);
        PayloadWriter.Return(first);
        PayloadWriter.Return(second);
        return same;
    }
}
