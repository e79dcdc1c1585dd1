using System.Buffers;
using Actors.Wal;

namespace Actors.Orleans.Codecs;

/// <summary>Encodes with the chosen format, and decodes with the one that a frame records.</summary>
/// <param name="chosen">The format of what is written.</param>
/// <param name="byNumber">The format of what was written before; null for an unknown number.</param>
/// <param name="isEvent">Whether a value is an event, which is never null.</param>
internal sealed class PayloadCodec<T>(IPayloadFormat<T> chosen, Func<byte, IPayloadFormat<T>?> byNumber, bool isEvent = false)
{
    // The last event's type, which is mostly the next one's too.
    private Type? _immutable;

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
            writer.EndFront();
            chosen.Encode(value, writer);
            return writer;
        }
        catch
        {
            PayloadWriter.Return(writer);
            throw;
        }
    }

    /// <summary>
    /// Gives the event to apply for one that was encoded. An immutable event is applied itself. Any other is decoded from its bytes, as a
    /// replay would: code that changes the event later, or a list in it, then does not change the state.
    /// </summary>
    /// <param name="value">The event.</param>
    /// <param name="encoded">What <see cref="Encode"/> gave for it.</param>
    public T AsWritten(T value, PayloadWriter encoded)
    {
        Type type = value!.GetType();
        if (type == _immutable)
            return value;
        if (!Immutability.Of(type) || (chosen is UpcastingFormat<T> upcasting && upcasting.Turns(type)))
            return chosen.Decode(encoded.Value.ToArray());
        _immutable = type;
        return value;
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

    /// <summary>Compares two values after both were encoded and decoded. The order of dictionaries and sets does not count.</summary>
    public bool Same(T one, T other)
    {
        PayloadWriter first = Encode(one);
        PayloadWriter second = Encode(other);
        bool same = first.Written.Span.SequenceEqual(second.Written.Span) || ValueEquality.Same(chosen.Decode(first.Written), chosen.Decode(second.Written));
        PayloadWriter.Return(first);
        PayloadWriter.Return(second);
        return same;
    }
}
