using System.Buffers;
using Orleans.Serialization;

namespace Actors.Orleans.Codecs;

/// <summary>A value in the Orleans serializer's format.</summary>
internal sealed class OrleansFormat<T>(Serializer<T> serializer) : IPayloadFormat<T>
{
    public byte Number => (byte)LogCodec.Orleans;

    public void Encode(T value, IBufferWriter<byte> target) => serializer.Serialize(value, target);

    public T Decode(ReadOnlyMemory<byte> payload) => serializer.Deserialize(payload);
}
