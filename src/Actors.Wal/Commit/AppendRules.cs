using Actors.Wal.Format;
using Actors.Wal.Streams;

namespace Actors.Wal.Commit;

/// <summary>Which requests are refused, and why. Runs under the append queue's lock, against the streams' pending views.</summary>
internal static class AppendRules
{
    public static AppendRejectedException? Refuse(AppendRequest request, LocalLogStoreOptions options)
    {
        if (request.Kind == AppendKind.Barrier)
            return null;
        if (request.Parts is { } parts)
        {
            foreach (AtomicPart part in parts)
            {
                if (Refuse(part.Stream, part.Epoch, part.Expected) is { } refusal)
                    return refusal;
            }
        }
        else if (Refuse(request.Stream!, request.Epoch, request.Expected) is { } refusal)
        {
            return refusal;
        }

        return RefuseSize(request, options) ?? request.Kind switch
        {
            AppendKind.Checkpoint => RefuseCheckpoint(request),
            AppendKind.Truncation => RefuseTruncation(request),
            _ => null,
        };
    }

    private static AppendRejectedException? Refuse(StreamState stream, Epoch epoch, Sequence? expected)
    {
        if (stream.OwnerEpoch != epoch)
            return new FencedException(stream.Id, epoch, $"somebody else opened the stream and owns it with epoch {stream.OwnerEpoch}.");
        if (stream.Pending.Deleted)
            return new FencedException(stream.Id, epoch, "the stream was deleted.");
        if (expected is { } sequence && sequence != stream.Pending.Head)
            return new SequenceConflictException(stream.Id, sequence, stream.Pending.Head);
        return null;
    }

    private static RecordTooLargeException? RefuseSize(AppendRequest request, LocalLogStoreOptions options)
    {
        long largest = request.Kind switch
        {
            AppendKind.Events => Largest(request.Events!),
            AppendKind.Atomic => request.Parts!.Max(p => Largest(p.Events)),
            _ => request.Data.Payload.Length,
        };
        if (largest > options.MaxRecordBytes)
        {
            string what = request.Stream is { } stream ? $"A record for stream '{stream.Id}'" : "A record";
            return new RecordTooLargeException(what, largest, options.MaxRecordBytes, nameof(options.MaxRecordBytes));
        }

        if (request.Kind is not (AppendKind.Events or AppendKind.Atomic))
            return null;
        long total = BatchHeader.SizeBytes + FrameEncoder.SizeOf(request);
        return total <= options.MaxBatchBytes
            ? null
            : new RecordTooLargeException("The batch of an append of several events", total, options.MaxBatchBytes, nameof(options.MaxBatchBytes));
    }

    private static long Largest(IReadOnlyList<EventData> events)
    {
        int largest = 0;
        for (int i = 0; i < events.Count; i++)
            largest = Math.Max(largest, events[i].Payload.Length);
        return largest;
    }

    private static AppendRejectedException? RefuseCheckpoint(AppendRequest request)
    {
        StreamView view = request.Stream!.Pending;
        if (request.At > view.Head)
            return new AppendRejectedException($"A checkpoint of stream '{request.Stream.Id}' at sequence {request.At} is ahead of its head {view.Head}; nothing was written. Append the events first.");
        if (view.Checkpoint is { } last && request.At < last)
            return new AppendRejectedException($"A checkpoint of stream '{request.Stream.Id}' at sequence {request.At} is behind its last checkpoint {last}; nothing was written, and nothing needs to be.");
        return null;
    }

    private static AppendRejectedException? RefuseTruncation(AppendRequest request)
    {
        StreamView view = request.Stream!.Pending;
        return view.Checkpoint is { } checkpoint && request.At <= checkpoint.Next
            ? null
            : new AppendRejectedException(
                $"Stream '{request.Stream.Id}' can't drop its events before sequence {request.At}: its last checkpoint is {(view.Checkpoint is { } at ? $"at {at}" : "missing")}. Nothing was written; take a checkpoint at {request.At.Value - 1} or later first.");
    }
}
