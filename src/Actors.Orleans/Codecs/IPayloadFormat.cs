using System.Buffers;

namespace Actors.Orleans.Codecs;

/// <summary>One way to turn values of a type into bytes and back.</summary>
internal interface IPayloadFormat<T>
{
    /// <summary>What is recorded in each frame: see <see cref="LogCodec"/>.</summary>
    byte Number { get; }

    void Encode(T value, IBufferWriter<byte> target);

    /// <exception cref="InvalidOperationException">The event stands for several, or for none.</exception>
    T Decode(ReadOnlyMemory<byte> payload);

    /// <summary>An event of an old type may have become several.</summary>
    IReadOnlyList<T> DecodeAll(ReadOnlyMemory<byte> payload) => [Decode(payload)];
}
