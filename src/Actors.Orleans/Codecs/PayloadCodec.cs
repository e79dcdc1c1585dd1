using System.Buffers;
using Actors.Wal;

namespace Actors.Orleans.Codecs;

/// <summary>Encodes with the chosen format, and decodes with the one that a frame records.</summary>
/// <param name="chosen">The format for new records.</param>
/// <param name="byNumber">Returns the format of an older record by its codec's number; null for an unknown number.</param>
/// <param name="isEvent">Whether a value is an event, which is never null.</param>
internal sealed class PayloadCodec<T>(IPayloadFormat<T> chosen, Func<byte, IPayloadFormat<T>?> byNumber, bool isEvent = false)
{
    // The type of the last immutable event. The next event mostly has the same type.
    private Type? _immutable;

    public byte Number => chosen.Number;

    /// <summary>Encodes into a rented writer. The caller returns the writer after the append has returned.</summary>
    /// <param name="value">The value.</param>
    /// <param name="front">Writes the bytes in front of the value.</param>
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
    /// Returns the event to apply for one that was encoded. An immutable event is applied itself. Any other is decoded from its bytes, as in a
    /// replay: code that changes the event later, or a list in it, then does not change the state.
    /// </summary>
    /// <param name="value">The event.</param>
    /// <param name="encoded">The result of <see cref="Encode"/> for it.</param>
    public T AsWritten(T value, PayloadWriter encoded)
    {
        Type type = value!.GetType();
        if (type == _immutable)
            return value;
        if (chosen is UpcastingFormat<T> { Splits: true } splitting && splitting.Turns(type))
            throw new ArgumentException($"{type} is an old type of event, which is turned into others when it is read. Append those.", nameof(value));
        if (!Immutability.Of(type) || (chosen is UpcastingFormat<T> upcasting && upcasting.Turns(type)))
            return chosen.Decode(encoded.Value.ToArray());
        _immutable = type;
        return value;
    }

    /// <summary>Whether a record may stand for several events, or for none.</summary>
    public bool Splits => chosen is UpcastingFormat<T> { Splits: true };

    /// <summary>Decodes a record's payload.</summary>
    /// <exception cref="GrainLogDecodeException">The payload can't be decoded.</exception>
    public T Decode(in LogRecord record)
    {
        try
        {
            return RequireEvent(FormatOf(record).Decode(record.Payload));
        }
        catch (Exception e)
        {
            throw new GrainLogDecodeException(record.Stream, record.Sequence, record.Kind.ToString(), e);
        }
    }

    /// <summary>Decodes the payload of a record that may stand for several events, or for none.</summary>
    /// <exception cref="GrainLogDecodeException">The payload can't be decoded.</exception>
    public IReadOnlyList<T> DecodeAll(in LogRecord record)
    {
        if (!Splits)
            return [Decode(record)];
        try
        {
            return [.. FormatOf(record).DecodeAll(record.Payload).Select(RequireEvent)];
        }
        catch (Exception e)
        {
            throw new GrainLogDecodeException(record.Stream, record.Sequence, record.Kind.ToString(), e);
        }
    }

    private IPayloadFormat<T> FormatOf(in LogRecord record)
        => record.Codec == chosen.Number
            ? chosen
            : byNumber(record.Codec) ?? throw new NotSupportedException($"Codec {record.Codec} is unknown.");

    private T RequireEvent(T value) => isEvent && value is null ? throw new InvalidDataException("It is null, which is no event.") : value;

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
