using System.Buffers;
using Actors.Wal;

namespace Actors.Orleans.Events;

/// <summary>The position of a migrating grain's log. It is sent beside the bytes of the state.</summary>
[GenerateSerializer]
[Alias("actors.GrainLogPosition")]
internal sealed class EventPosition
{
    [Id(0)]
    public byte Codec { get; set; }

    [Id(1)]
    public long Version { get; set; }

    [Id(2)]
    public long Epoch { get; set; }

    [Id(3)]
    public long Saved { get; set; }

    [Id(4)]
    public long TailBytes { get; set; }

    [Id(5)]
    public int TailPlaces { get; set; }

    [Id(6)]
    public long LastLsn { get; set; }

    /// <summary>Returns the state as a checkpoint record, so that the codec can decode it.</summary>
    public LogRecord ToRecord(LogStreamId stream, ReadOnlySequence<byte> state) => new(
        LogRecordKind.Checkpoint, new Sequence(Version), Lsn.Zero, DateTimeOffset.UnixEpoch, new Epoch(Epoch), Codec, state.ToArray(), stream);
}
