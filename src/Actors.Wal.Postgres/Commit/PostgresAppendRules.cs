using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

/// <summary>Checks parts of appends before they are sent, against the tail that their stream will have then.</summary>
internal static class PostgresAppendRules
{
    public static AppendRejectedException? Refuse(AppendPart part, StreamTail tail)
    {
        OwnedStream stream = part.Stream;
        if (stream.Lost is { } reason)
            return new FencedException(stream.Name, new Epoch(stream.Epoch), reason);
        Sequence? checkpoint = tail.Checkpoint is { } at ? new Sequence(at) : null;
        return Refusals.OfExpected(stream.Name, part.Expected, tail.Head) ?? part.Kind switch
        {
            PostgresAppendKind.Checkpoint => Refusals.OfCheckpoint(stream.Name, part.At, tail.Head, checkpoint),
            PostgresAppendKind.Truncation => Refusals.OfTruncation(stream.Name, part.At, checkpoint),
            _ => null,
        };
    }

    /// <summary>Returns the error for a request that is too large for any commit; null if it is not.</summary>
    public static RecordTooLargeException? RefuseSize(PostgresAppendRequest request, PostgresLogStoreOptions options)
    {
        foreach (AppendPart part in request.Parts)
        {
            foreach (EventData data in part.Events)
            {
                if (Refusals.OfRecord(part.Stream.Name, data.Payload.Length, options.MaxRecordBytes) is { } refusal)
                    return refusal;
            }
        }

        // A lone record of the largest size is sent, although its header adds to its bytes.
        return request.Parts.Length > 1 || request.Parts[0].Events.Length > 1 ? Refusals.OfBatch(request.Bytes, options.MaxBatchBytes) : null;
    }
}
