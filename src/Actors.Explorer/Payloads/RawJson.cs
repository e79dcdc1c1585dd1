using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Actors.Wal;
using MessagePack;

namespace Actors.Explorer.Payloads;

/// <summary>
/// Writes payloads as JSON without their types: MessagePack as its values, JSON as it is, and everything else in base 64. Payloads are taken
/// for hostile.
/// </summary>
internal static class RawJson
{
    private const byte MessagePackCodec = 1;
    private const byte OrleansCodec = 2;

    private static readonly MessagePackSerializerOptions Untrusted = MessagePackSerializerOptions.Standard.WithSecurity(MessagePackSecurity.UntrustedData);
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns a payload and, if the payload says so, the event's name.</summary>
    /// <param name="record">The record.</param>
    /// <param name="key">The event's idempotency key; null without one.</param>
    /// <param name="bytes">The payload's length without what stands before it.</param>
    public static (string? Type, string Json) Of(LogRecord record, out string? key, out int bytes)
    {
        key = null;
        bytes = record.Payload.Length;
        try
        {
            if ((record.Codec & ~(KeyedPayload.CodecFlag | StatePayload.CodecFlag)) is not (MessagePackCodec or OrleansCodec))
                return (null, Text(OfJson(record.Payload), record.Payload));
            record = record.Kind == LogRecordKind.Event
                ? KeyedPayload.Unwrap(record, out key)
                : StatePayload.Unwrap(KeyedPayload.Unwrap(record, out IReadOnlyList<KeyValuePair<string, Sequence>> _), out _);
            bytes = record.Payload.Length;
        }
        catch (InvalidDataException)
        {
            // It is shown as it is.
        }

        JsonNode? node = record.Codec == MessagePackCodec ? OfMessagePack(record.Payload) : OfJson(record.Payload);
        return node is JsonArray { Count: 2 } named && record.Kind == LogRecordKind.Event && named[0]?.GetValueKind() == JsonValueKind.String
            ? (named[0]!.GetValue<string>(), named[1]?.ToJsonString(Relaxed) ?? "null")
            : (null, Text(node, record.Payload));
    }

    private static string Text(JsonNode? node, ReadOnlyMemory<byte> payload)
        => node?.ToJsonString(Relaxed) ?? JsonSerializer.Serialize(Convert.ToBase64String(payload.Span));

    private static JsonNode? OfMessagePack(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return JsonNode.Parse(MessagePackSerializer.ConvertToJson(payload, Untrusted));
        }
        catch (Exception e) when (e is MessagePackSerializationException or JsonException)
        {
            return null;
        }
    }

    private static JsonNode? OfJson(ReadOnlyMemory<byte> payload)
    {
        if (payload.IsEmpty || payload.Span[0] is not ((byte)'{' or (byte)'['))
            return null;
        try
        {
            return JsonNode.Parse(payload.Span);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
