using System.Buffers;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Session;

namespace Actors.Orleans.Codecs;

/// <summary>A value in the Orleans serializer's format.</summary>
internal sealed class OrleansFormat<T>(Serializer<T> serializer, SerializerSessionPool sessions) : IPayloadFormat<T>
{
    public byte Number => (byte)LogCodec.Orleans;

    public void Encode(T value, IBufferWriter<byte> target) => serializer.Serialize(value, target);

    public T Decode(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return serializer.Deserialize(payload)!;
        }
        catch (Exception e) when (AliasOf(payload) is { } alias)
        {
            throw new InvalidDataException($"Its type is '{alias}' in the log: {e.Message}", e);
        }
    }

    /// <summary>Returns the name that a payload's type has in the log; null if the payload has none.</summary>
    private string? AliasOf(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using SerializerSession session = sessions.GetSession();
            var reader = Reader.Create(payload, session);
            return reader.ReadFieldHeaderForAnalysis().Type;
        }
        catch (Exception)
        {
            return null;
        }
    }
}
