using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

/// <summary>Which parts are refused before anything is sent, given where their stream will stand.</summary>
internal static class AppendRules
{
    public static AppendRejectedException? Refuse(AppendPart part, StreamTail tail)
    {
        OwnedStream stream = part.Stream;
        if (stream.Lost is { } reason)
            return new FencedException(stream.Name, new Epoch(stream.Epoch), reason);
        if (part.Expected is { } expected && expected != tail.Head)
            return new SequenceConflictException(stream.Name, expected, tail.Head);
        return part.Kind switch
        {
            AppendKind.Checkpoint => RefuseCheckpoint(part, tail),
            AppendKind.Truncation => RefuseTruncation(part, tail),
            _ => null,
        };
    }

    /// <summary>What is too large for any commit.</summary>
    public static RecordTooLargeException? RefuseSize(AppendRequest request, PostgresLogStoreOptions options)
    {
        foreach (AppendPart part in request.Parts)
        {
            foreach (EventData data in part.Events)
            {
                if (data.Payload.Length > options.MaxRecordBytes)
                    return new RecordTooLargeException($"A record for stream '{part.Stream.Name}'", data.Payload.Length, options.MaxRecordBytes, nameof(options.MaxRecordBytes));
            }
        }

        // One record of the largest size is sent whatever the headers add to it.
        bool several = request.Parts.Length > 1 || request.Parts[0].Events.Length > 1;
        return several && request.Bytes > options.MaxBatchBytes
            ? new RecordTooLargeException("The batch of an append of several events", request.Bytes, options.MaxBatchBytes, nameof(options.MaxBatchBytes))
            : null;
    }

    private static AppendRejectedException? RefuseCheckpoint(AppendPart part, StreamTail tail)
    {
        if (part.At > tail.Head)
            return new AppendRejectedException($"A checkpoint of stream '{part.Stream.Name}' at sequence {part.At} is ahead of its head {tail.Head}; nothing was written. Append the events first.");
        return tail.Checkpoint is { } last && part.At.Value < last
            ? new AppendRejectedException($"A checkpoint of stream '{part.Stream.Name}' at sequence {part.At} is behind its last checkpoint {last}; nothing was written, and nothing needs to be.")
            : null;
    }

    private static AppendRejectedException? RefuseTruncation(AppendPart part, StreamTail tail)
        => tail.Checkpoint is { } checkpoint && part.At.Value <= checkpoint + 1
            ? null
            : new AppendRejectedException(
                $"Stream '{part.Stream.Name}' can't drop its events before sequence {part.At}: its last checkpoint is {(tail.Checkpoint is { } at ? $"at {at}" : "missing")}. Nothing was written; take a checkpoint at {part.At.Value - 1} or later first.");
}
