using Actors.Wal.Format;
using Actors.Wal.Streams;

namespace Actors.Wal.Commit;

/// <summary>Decides which requests are refused, and why. Runs under the append queue's lock, on the streams' pending views.</summary>
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
            AppendKind.Checkpoint => Refusals.OfCheckpoint(request.Stream!.Id, request.At, request.Stream.Pending.Head, request.Stream.Pending.Checkpoint),
            AppendKind.Truncation => Refusals.OfTruncation(request.Stream!.Id, request.At, request.Stream.Pending.Checkpoint),
            _ => null,
        };
    }

    private static AppendRejectedException? Refuse(StreamState stream, Epoch epoch, Sequence? expected)
    {
        if (stream.OwnerEpoch != epoch)
            return new FencedException(stream.Id, epoch, $"another owner opened the stream, with epoch {stream.OwnerEpoch}.");
        if (stream.Pending.Deleted)
            return new FencedException(stream.Id, epoch, "the stream was deleted.");
        return Refusals.OfExpected(stream.Id, expected, stream.Pending.Head);
    }

    private static RecordTooLargeException? RefuseSize(AppendRequest request, LocalLogStoreOptions options)
    {
        long largest = request.Kind switch
        {
            AppendKind.Events => Largest(request.Events!),
            AppendKind.Atomic => request.Parts!.Max(p => Largest(p.Events)),
            _ => request.Data.Payload.Length,
        };
        if (Refusals.OfRecord(request.Stream?.Id, largest, options.MaxRecordBytes) is { } refusal)
            return refusal;
        return request.Kind is AppendKind.Events or AppendKind.Atomic
            ? Refusals.OfBatch(BatchHeader.SizeBytes + FrameEncoder.SizeOf(request), options.MaxBatchBytes)
            : null;
    }

    private static long Largest(IReadOnlyList<EventData> events)
    {
        int largest = 0;
        for (int i = 0; i < events.Count; i++)
            largest = Math.Max(largest, events[i].Payload.Length);
        return largest;
    }
}
