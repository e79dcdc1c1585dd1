using System.Globalization;
using Actors.Orleans.Codecs;
using MessagePack;

namespace Actors.Orleans.TestKit.Scenarios;

/// <summary>Formats events as text, for messages.</summary>
internal static class EventText
{
    public static string Of<T>(IReadOnlyList<T> events, PayloadCodec<T> codec) => events.Count == 0
        ? "nothing"
        : string.Concat(events.Select(e => Environment.NewLine + "  " + Of(e, codec)));

    public static string Of<T>(T value, PayloadCodec<T> codec)
    {
        string type = value?.GetType().Name ?? "null";
        if (codec.Number != (byte)LogCodec.MessagePack)
            return string.Create(CultureInfo.InvariantCulture, $"{type} {value}");
        PayloadWriter payload = codec.Encode(value);
        try
        {
            return $"{type} {MessagePackSerializer.ConvertToJson(payload.Written)}";
        }
        finally
        {
            PayloadWriter.Return(payload);
        }
    }
}
