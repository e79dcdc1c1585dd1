using Actors.Wal.Format;
using Actors.Wal.Streams;

namespace Actors.Wal.Commit;

/// <summary>
/// Encodes an accepted request as frames of the filling batch, and updates the pending views of its streams. The frames get
/// their checksums later: see <see cref="BatchBuffer.Seal"/>. Runs under the append queue's lock. The caller has checked that
/// there is room, so encoding can't fail half way.
/// </summary>
internal static class FrameEncoder
{
    /// <summary>The bytes that a request's frames take in a batch.</summary>
    public static long SizeOf(AppendRequest request) => request.Kind switch
    {
        AppendKind.Event => FrameBytes(request.Stream!, 0, request.Data.Payload.Length),
        AppendKind.Events => SizeOf(request.Stream!, request.Events!),
        AppendKind.State => FrameBytes(request.Stream!, AnchorExtension.SizeBytes(0), request.Data.Payload.Length),
        AppendKind.Checkpoint => FrameBytes(request.Stream!, AnchorExtension.SizeBytes(Spine.MaxLevels), request.Data.Payload.Length),
        AppendKind.Truncation => FrameBytes(request.Stream!, AnchorExtension.SizeBytes(0), 0),
        AppendKind.Deletion => FrameBytes(request.Stream!, 0, 0),
        AppendKind.Atomic => request.Parts!.Sum(p => SizeOf(p.Stream, p.Events)),
        _ => 0,
    };

    public static void Encode(AppendRequest request, BatchBuffer batch)
    {
        switch (request.Kind)
        {
            case AppendKind.Event:
                request.Result = AppendEvent(request.Stream!, request.Epoch, request.Data, batch);
                break;
            case AppendKind.Events:
                request.Result = AppendEvents(request.Stream!, request.Epoch, request.Events!, batch);
                break;
            case AppendKind.State:
                request.Result = AppendState(request, batch);
                break;
            case AppendKind.Checkpoint:
                request.Result = AppendCheckpoint(request, batch);
                break;
            case AppendKind.Truncation:
                request.Result = AppendTruncation(request.Stream!, request.Epoch, request.At, batch);
                break;
            case AppendKind.Deletion:
                request.Result = AppendDeletion(request.Stream!, request.Epoch, batch);
                break;
            case AppendKind.Atomic:
                foreach (AtomicPart part in request.Parts!)
                {
                    part.Result = AppendEvents(part.Stream, part.Epoch, part.Events, batch);
                    part.View = part.Stream.Pending;
                }

                break;
        }

        if (request.Stream is { } stream)
            request.View = stream.Pending;
    }

    private static long SizeOf(StreamState stream, IReadOnlyList<EventData> events)
    {
        long bytes = 0;
        for (int i = 0; i < events.Count; i++)
            bytes += FrameBytes(stream, 0, events[i].Payload.Length);
        return bytes;
    }

    private static long FrameBytes(StreamState stream, int extensionBytes, int payloadBytes)
        => Layout.AlignFrame(FrameHeader.SizeBytes + extensionBytes + stream.IdBytes.Length) + (long)Layout.AlignFrame(payloadBytes);

    private static AppendResult AppendEvents(StreamState stream, Epoch epoch, IReadOnlyList<EventData> events, BatchBuffer batch)
    {
        Sequence first = stream.Pending.Head.Next;
        AppendResult last = default;
        for (int i = 0; i < events.Count; i++)
            last = AppendEvent(stream, epoch, events[i], batch);
        return last with { First = first };
    }

    private static AppendResult AppendEvent(StreamState stream, Epoch epoch, EventData data, BatchBuffer batch)
    {
        ref StreamView view = ref stream.Pending;
        Sequence sequence = view.Head.Next;
        FrameLocation location = Write(
            stream, epoch, LogRecordKind.Event, sequence, stream.Spine.JumpOf(sequence.Value), data, [], batch, out Lsn lsn);
        stream.Spine.Append(sequence.Value, location);
        view.Head = sequence;
        view.HeadLocation = location;
        return new AppendResult(sequence, sequence, lsn);
    }

    private static AppendResult AppendState(AppendRequest request, BatchBuffer batch)
    {
        StreamState stream = request.Stream!;
        ref StreamView view = ref stream.Pending;
        Sequence sequence = view.Head.Next;
        DropBefore(ref view, request.KeepNothingBefore ? sequence : request.KeepFrom);
        Span<byte> extension = stackalloc byte[AnchorExtension.FirstBytes];
        AnchorExtension.Write(extension, view.First, default, 0);
        FrameLocation location = Write(stream, request.Epoch, LogRecordKind.State, sequence, null, request.Data, extension, batch, out Lsn lsn);

        // A state replaces all events before it, so later frames need no jumps past it.
        stream.Spine = default;
        view.Head = sequence;
        view.HeadLocation = location;
        view.Anchor = location;
        view.CheckpointLocation = location;
        view.CheckpointSequence = sequence;
        return new AppendResult(sequence, sequence, lsn);
    }

    private static AppendResult AppendCheckpoint(AppendRequest request, BatchBuffer batch)
    {
        StreamState stream = request.Stream!;
        Sequence at = request.At;
        ref StreamView view = ref stream.Pending;
        DropBefore(ref view, request.KeepFrom);
        Span<byte> extension = stackalloc byte[AnchorExtension.SizeBytes(stream.Spine.Count)];
        AnchorExtension.Write(extension, view.First, stream.Spine, stream.Spine.Count);
        FrameLocation location = Write(stream, request.Epoch, LogRecordKind.Checkpoint, at, null, request.Data, extension, batch, out Lsn lsn);
        view.HeadLocation = location;
        view.Anchor = location;
        view.CheckpointLocation = location;
        view.CheckpointSequence = at;
        return new AppendResult(at, at, lsn);
    }

    private static AppendResult AppendTruncation(StreamState stream, Epoch epoch, Sequence before, BatchBuffer batch)
    {
        ref StreamView view = ref stream.Pending;
        if (before <= view.First)
            return default; // These events are dropped already, perhaps by a call that is still in flight.
        view.Dropped = new Sequence(before.Value - 1);
        Span<byte> extension = stackalloc byte[AnchorExtension.FirstBytes];
        AnchorExtension.Write(extension, view.First, default, 0);
        FrameLocation location = Write(stream, epoch, LogRecordKind.Truncation, before, null, default, extension, batch, out Lsn lsn);
        view.HeadLocation = location;
        view.Anchor = location;
        return new AppendResult(before, before, lsn);
    }

    private static AppendResult AppendDeletion(StreamState stream, Epoch epoch, BatchBuffer batch)
    {
        ref StreamView view = ref stream.Pending;
        if (view.HeadLocation is null)
        {
            // A stream without frames in the log needs no deletion record.
            view.Deleted = true;
            return default;
        }

        view.HeadLocation = Write(stream, epoch, LogRecordKind.Deletion, view.Head, null, default, [], batch, out Lsn lsn);
        view.Deleted = true;
        return new AppendResult(view.Head, view.Head, lsn);
    }

    private static void DropBefore(ref StreamView view, Sequence keep)
    {
        if (keep > view.First)
            view.Dropped = new Sequence(keep.Value - 1);
    }

    private static FrameLocation Write(
        StreamState stream,
        Epoch epoch,
        LogRecordKind kind,
        Sequence sequence,
        FrameLocation? jump,
        EventData data,
        ReadOnlySpan<byte> extension,
        BatchBuffer batch,
        out Lsn lsn)
    {
        lsn = new Lsn(batch.FirstLsn.Value + batch.FrameCount);
        int length = FrameHeader.SizeBytes + extension.Length + stream.IdBytes.Length + data.Payload.Length;
        Span<byte> padded = batch.Claim(Layout.AlignFrame(length), out FrameLocation location);
        var header = new FrameHeader(
            length,
            kind,
            data.Codec,
            stream.IdBytes.Length,
            extension.Length,
            stream.Hash,
            sequence,
            lsn,
            batch.TimeMicros,
            epoch,
            stream.Pending.HeadLocation,
            jump,
            stream.Pending.Anchor);
        header.Write(padded);
        extension.CopyTo(padded[FrameHeader.SizeBytes..]);
        stream.IdBytes.CopyTo(padded[header.IdOffset..]);
        data.Payload.Span.CopyTo(padded[header.PayloadOffset..]);
        padded[length..].Clear();
        return location;
    }
}
