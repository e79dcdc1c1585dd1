using System.Buffers.Binary;
using Actors.Reliability.Model;

namespace Actors.Reliability.Processes;

/// <summary>The properties of a stream on which the next operation depends.</summary>
/// <param name="Head">Its head; 0 when the stream does not exist.</param>
/// <param name="Checkpoint">The sequence of its last checkpoint, or null.</param>
/// <param name="Digest">The digest of the state after its last event.</param>
internal readonly record struct WriterStream(long Head, long? Checkpoint, ulong Digest);

/// <summary>
/// The operations of a writer. Each depends only on the run, the writer's number and the number of earlier operations, so the
/// number of operations determines every byte of the writer's streams.
/// </summary>
internal static class WriterPlan
{
    private const int Streams = 3;
    private const int HeaderBytes = 16;
    private const int MostSmallBytes = 200;

    public static IEnumerable<string> StreamsOf(int writer) => Enumerable.Range(0, Streams).Select(i => $"writer/{writer}/{i}");

    public static ModelOperation Operation(WriterOptions options, int writer, int number, Func<string, WriterStream> streams)
    {
        var random = new Random(HashCode(options.Run, writer, number));
        string name = $"writer/{writer}/{random.Next(Streams)}";
        WriterStream stream = streams(name);
        int payloads = 0;
        return random.Next(100) switch
        {
            < 12 => Atomic(),
            < 20 => Of(OperationKind.State, [new ModelPart(name, [Payload()])]),
            < 32 when stream.Head > 0 => Of(OperationKind.Checkpoint, [new ModelPart(name, [ModelStream.CheckpointOf(stream.Digest, stream.Head, random.Next(MostSmallBytes))])], stream.Head),
            < 40 when stream.Checkpoint is { } checkpoint && !IsLazy() => Of(OperationKind.Truncation, [new ModelPart(name, [])], Math.Max(1, checkpoint - random.Next(-1, 4))),
            40 when stream.Head > 0 && !IsLazy() => Of(OperationKind.Deletion, [new ModelPart(name, [])]),
            _ => Of(OperationKind.Append, [Part(name)]),
        };

        ModelOperation Of(OperationKind kind, IReadOnlyList<ModelPart> parts, long at = 0) => new(kind, parts, at, isSynced: true);

        ModelOperation Atomic() => Of(OperationKind.Atomic, [Part(name), Part(OtherThan(name))]);

        // Truncations and deletions, and all records before them, are durable when they return, under every sync policy.
        bool IsLazy() => options.Sync == SyncPolicy.Never;

        string OtherThan(string one) => StreamsOf(writer).Where(s => s != one).ElementAt(random.Next(Streams - 1));

        ModelPart Part(string to) => new(to, [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Payload())]);

        ReadOnlyMemory<byte> Payload()
        {
            var bytes = new byte[HeaderBytes + random.Next(random.Next(50) == 0 ? options.MostPayloadBytes : MostSmallBytes)];
            random.NextBytes(bytes.AsSpan(HeaderBytes));
            BinaryPrimitives.WriteInt32LittleEndian(bytes, options.Run);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), writer);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), number);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), payloads++);
            return bytes;
        }
    }

    /// <summary>Returns a hash that is the same in every process.</summary>
    private static int HashCode(int run, int writer, int number) => unchecked(((run * 16_777_619) ^ writer) * 1_000_003 ^ number);
}
