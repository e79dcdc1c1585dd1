using System.Buffers;

namespace Actors.Orleans.Codecs;

/// <summary>One way to turn values of a type into bytes and back.</summary>
internal interface IPayloadFormat<T>
{
    /// <summary>What is recorded in each frame: see <see cref="LogCodec"/>.</summary>
    byte Number { get; }

    void Encode(T value, IBufferWriter<byte> target);

    T Decode(ReadOnlyMemory<byte> payload);
}
