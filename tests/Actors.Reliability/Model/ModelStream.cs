using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Hashing;

namespace Actors.Reliability.Model;

/// <summary>An expected event of a stream, and the digest that represents the state after it.</summary>
internal readonly record struct ModelEvent(ReadOnlyMemory<byte> Payload, bool IsState, ulong Digest);

/// <summary>The expected content of a stream after some operation. Immutable; each operation makes a new one.</summary>
internal sealed record ModelStream
{
    public static readonly ModelStream Empty = new();

    /// <summary>All events since the stream was created, dropped ones included.</summary>
    public ImmutableArray<ModelEvent> Events { get; private init; } = [];

    /// <summary>The sequence of the first event that is kept.</summary>
    public long First { get; private init; } = 1;

    /// <summary>The sequence of the last checkpoint, or null.</summary>
    public long? Checkpoint { get; private init; }

    public ReadOnlyMemory<byte> CheckpointPayload { get; private init; }

    /// <summary>All checkpoints since the stream was created, with the times of their submission; the log may accept them later.</summary>
    public ImmutableArray<(long Sequence, DateTimeOffset Time)> Checkpoints { get; private init; } = [];

    public long Head => Events.Length;

    /// <summary>The digest of the state after all events.</summary>
    public ulong Digest => DigestAt(Head);

    /// <summary>Returns the digest after one more event; a state record replaces all earlier events.</summary>
    public static ulong Fold(ulong digest, ReadOnlySpan<byte> payload, bool isState)
        => XxHash3.HashToUInt64(payload, isState ? 0 : (long)digest);

    /// <summary>Returns a checkpoint's payload: the digest of its state, and bytes that distinguish it from other checkpoints.</summary>
    public ReadOnlyMemory<byte> CheckpointAt(long sequence, int fillBytes) => CheckpointOf(DigestAt(sequence), sequence, fillBytes);

    /// <summary>Returns the payload of a checkpoint for a known digest.</summary>
    public static ReadOnlyMemory<byte> CheckpointOf(ulong digest, long sequence, int fillBytes)
    {
        var payload = new byte[sizeof(ulong) + fillBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, digest);
        payload.AsSpan(sizeof(ulong)).Fill((byte)(sequence + 1));
        return payload;
    }

    public ulong DigestAt(long sequence) => sequence == 0 ? 0 : Events[(int)sequence - 1].Digest;

    public ModelStream Append(IReadOnlyList<ReadOnlyMemory<byte>> payloads)
    {
        ulong digest = Digest;
        var events = Events.ToBuilder();
        foreach (ReadOnlyMemory<byte> payload in payloads)
        {
            digest = Fold(digest, payload.Span, false);
            events.Add(new ModelEvent(payload, false, digest));
        }

        return this with { Events = events.ToImmutable() };
    }

    public ModelStream AppendState(ReadOnlyMemory<byte> payload, Retention retention, DateTimeOffset time)
    {
        ModelStream saved = Save(Head + 1, payload, retention == Retention.Last ? Retention.All : retention, time);
        return saved with
        {
            First = retention == Retention.Last ? Head + 1 : saved.First,
            Events = Events.Add(new ModelEvent(payload, true, Fold(0, payload.Span, true))),
        };
    }

    public ModelStream Save(long sequence, ReadOnlyMemory<byte> payload, Retention retention, DateTimeOffset time)
    {
        var checkpoints = Checkpoints.Add((sequence, time));
        long dropped = retention.Checkpoints > 0
            ? checkpoints.Length >= retention.Checkpoints ? checkpoints[^retention.Checkpoints].Sequence : 0
            : retention.Span > TimeSpan.Zero ? checkpoints.LastOrDefault(c => c.Time <= time - retention.Span).Sequence : 0;
        return DropBefore(dropped + 1) with { Checkpoint = sequence, CheckpointPayload = payload, Checkpoints = checkpoints };
    }

    public ModelStream DropBefore(long sequence) => this with { First = Math.Max(First, sequence) };
}
