using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MessagePack;

namespace Actors.Cli.Output;

/// <summary>Writes JSON to the standard output, one value per line.</summary>
internal static class JsonLines
{
    private const byte MessagePackCodec = 1;
    private const byte OrleansCodec = 2;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new LsnConverter() },
    };

    public static void Write<T>(T value) => Console.WriteLine(JsonSerializer.Serialize(value, Options));

    /// <summary>Writes a record. A MessagePack payload is written as its values, a payload of another codec in base 64.</summary>
    public static void Write(LogRecord record)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = Options.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("sequence", record.Sequence.Value);
            writer.WriteString("kind", record.Kind.ToString());
            writer.WriteString("time", record.Time);
            writer.WriteNumber("lsn", record.Lsn.Value);
            writer.WriteNumber("epoch", record.Epoch.Value);
            record = WithoutVersion(WithoutKeys(record, writer), writer);
            writer.WriteNumber("codec", record.Codec);
            if (record.Codec == MessagePackCodec && AsJson(record.Payload) is { } json)
            {
                writer.WritePropertyName("value");
                writer.WriteRawValue(json);
            }
            else
            {
                writer.WriteBase64String("payload", record.Payload.Span);
            }

            writer.WriteEndObject();
        }

        Console.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
    }

    /// <summary>Writes the idempotency keys of a record, and returns the record without them.</summary>
    private static LogRecord WithoutKeys(LogRecord record, Utf8JsonWriter writer)
    {
        if (!KeyedPayload.IsKeyed(record) || (record.Codec & ~(KeyedPayload.CodecFlag | StatePayload.CodecFlag)) is not (MessagePackCodec or OrleansCodec))
            return record;
        try
        {
            if (record.Kind == LogRecordKind.Event)
            {
                LogRecord bare = KeyedPayload.Unwrap(record, out string? key);
                writer.WriteString("idempotencyKey", key);
                return bare;
            }

            LogRecord state = KeyedPayload.Unwrap(record, out IReadOnlyList<KeyValuePair<string, Sequence>> keys);
            writer.WriteStartObject("idempotencyKeys");
            foreach ((string key, Sequence sequence) in keys)
                writer.WriteNumber(key, sequence.Value);
            writer.WriteEndObject();
            return state;
        }
        catch (InvalidDataException)
        {
            return record;
        }
    }

    /// <summary>Writes the version of a checkpoint's state, and returns the record without it.</summary>
    private static LogRecord WithoutVersion(LogRecord record, Utf8JsonWriter writer)
    {
        if (record.Kind != LogRecordKind.Checkpoint || (record.Codec & ~StatePayload.CodecFlag) is not (MessagePackCodec or OrleansCodec))
            return record;
        try
        {
            LogRecord state = StatePayload.Unwrap(record, out ulong? version);
            if (version is { } number)
                writer.WriteNumber("stateVersion", number);
            return state;
        }
        catch (InvalidDataException)
        {
            return record;
        }
    }

    private static string? AsJson(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return MessagePackSerializer.ConvertToJson(payload, MessagePackSerializerOptions.Standard.WithSecurity(MessagePackSecurity.UntrustedData));
        }
        catch (MessagePackSerializationException)
        {
            return null;
        }
    }

    private sealed class LsnConverter : JsonConverter<Lsn>
    {
        public override Lsn Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, Lsn value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
    }
}
