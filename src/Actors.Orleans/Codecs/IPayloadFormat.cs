using System.Buffers;

namespace Actors.Orleans.Codecs;

/// <summary>A format that turns values of a type into bytes and back.</summary>
internal interface IPayloadFormat<T>
{
    /// <summary>The codec's number, which each frame records: see <see cref="LogCodec"/>.</summary>
    byte Number { get; }

    void Encode(T value, IBufferWriter<byte> target);

    /// <exception cref="InvalidOperationException">The event stands for several, or for none.</exception>
    T Decode(ReadOnlyMemory<byte> payload);

    /// <summary>Decodes a payload that may stand for several events, or for none.</summary>
    IReadOnlyList<T> DecodeAll(ReadOnlyMemory<byte> payload) => [Decode(payload)];
}
