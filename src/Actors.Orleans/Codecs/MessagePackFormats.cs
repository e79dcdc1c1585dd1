using System.Buffers;
using System.Globalization;
using MessagePack;

namespace Actors.Orleans.Codecs;

/// <summary>A state in MessagePack.</summary>
internal sealed class MessagePackFormat<T> : IPayloadFormat<T>
{
    public byte Number => (byte)LogCodec.MessagePack;

    public void Encode(T value, IBufferWriter<byte> target) => MessagePackSerializer.Serialize(target, value, MessagePackLimits.Options);

    public T Decode(ReadOnlyMemory<byte> payload) => MessagePackSerializer.Deserialize<T>(payload, MessagePackLimits.Options);
}

/// <summary>An event of a union in MessagePack: an array of its key and its body.</summary>
internal sealed class UnionMessagePackFormat<T> : IPayloadFormat<T>
{
    public byte Number => (byte)LogCodec.MessagePack;

    public void Encode(T value, IBufferWriter<byte> target) => MessagePackSerializer.Serialize(target, value, MessagePackLimits.Options);

    // For an unknown key the serializer skips the body and returns null.
    public T Decode(ReadOnlyMemory<byte> payload) => MessagePackSerializer.Deserialize<T>(payload, MessagePackLimits.Options)
        ?? throw new MessagePackSerializationException($"The event's union key is {KeyOf(payload)}; {typeof(T)} has no [Union({KeyOf(payload)}, …)].");

    private static string KeyOf(ReadOnlyMemory<byte> payload)
    {
        var reader = new MessagePackReader(payload);
        if (reader.TryReadNil())
            return "missing";
        reader.ReadArrayHeader();
        return reader.ReadInt32().ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>
/// An event of a type without subtypes in MessagePack: an array of its alias and its body, as a union writes its key
/// and its body.
/// </summary>
internal sealed class AliasedMessagePackFormat<T>(string alias, IReadOnlyCollection<EventUpcaster<T>> upcasters) : IPayloadFormat<T>
{
    public byte Number => (byte)LogCodec.MessagePack;

    public void Encode(T value, IBufferWriter<byte> target)
    {
        var writer = new MessagePackWriter(target);
        writer.WriteArrayHeader(2);
        writer.Write(alias);
        MessagePackSerializer.Serialize(ref writer, value, MessagePackLimits.Options);
        writer.Flush();
    }

    public T Decode(ReadOnlyMemory<byte> payload) => TryDecode(payload, out T value) is { } turned ? EventUpcaster<T>.Single(turned) : value;

    public IReadOnlyList<T> DecodeAll(ReadOnlyMemory<byte> payload) => TryDecode(payload, out T value) ?? [value];

    /// <summary>Returns the events that an event of an old type stands for; null for an event of the type itself.</summary>
    private IReadOnlyList<T>? TryDecode(ReadOnlyMemory<byte> payload, out T value)
    {
        value = default!;
        var reader = new MessagePackReader(payload);
        int count = reader.ReadArrayHeader();
        if (count != 2)
            throw new MessagePackSerializationException($"An event is an array of alias and body; this one has {count} elements.");
        string? written = reader.ReadString();
        if (string.Equals(written, alias, StringComparison.Ordinal))
        {
            value = MessagePackSerializer.Deserialize<T>(ref reader, MessagePackLimits.Options);
            return null;
        }

        return upcasters.FirstOrDefault(u => u.Alias == written) is { } upcaster
            ? upcaster.Read(ref reader)
            : throw new MessagePackSerializationException($"The event's alias is '{written}'; the program has '{alias}'{(upcasters.Count == 0 ? "" : " and upcasters for " + string.Join(", ", upcasters.Select(u => $"'{u.Alias}'")))}.");
    }
}

/// <summary>
/// The options for reading MessagePack. The depth is limited, because a log's content is not trusted. Dictionaries and sets get default
/// comparers: no serializer can send MessagePack's own comparers against colliding keys, and .NET protects strings itself.
/// </summary>
internal static class MessagePackLimits
{
    public static MessagePackSerializerOptions Options { get; } =
        MessagePackSerializerOptions.Standard.WithSecurity(MessagePackSecurity.UntrustedData.WithHashCollisionResistant(false));
}
