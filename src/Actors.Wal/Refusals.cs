namespace Actors.Wal;

/// <summary>The checks that all stores share, with their error messages.</summary>
internal static class Refusals
{
    /// <exception cref="ArgumentException">The id is the default value.</exception>
    public static void RequireId(LogStreamId id)
    {
        if (id == default)
            throw new ArgumentException("A stream needs an id.", nameof(id));
    }

    public static SequenceConflictException? OfExpected(LogStreamId stream, Sequence? expected, Sequence head)
        => expected is { } sequence && sequence != head ? new SequenceConflictException(stream, sequence, head) : null;

    public static AppendRejectedException? OfCheckpoint(LogStreamId stream, Sequence at, Sequence head, Sequence? last)
    {
        if (at < Sequence.Zero)
            return new AppendRejectedException($"A checkpoint of stream '{stream}' can't be at sequence {at}; nothing was written. The sequence of an event is 1 or greater, and 0 stands before the first.");
        if (at > head)
            return new AppendRejectedException($"A checkpoint of stream '{stream}' at sequence {at} is ahead of its head {head}; nothing was written. Append the events first.");
        return at < last
            ? new AppendRejectedException($"A checkpoint of stream '{stream}' at sequence {at} is behind its last checkpoint {last}; nothing was written, and nothing needs to be.")
            : null;
    }

    public static AppendRejectedException? OfTruncation(LogStreamId stream, Sequence before, Sequence? checkpoint)
        => before <= checkpoint?.Next
            ? null
            : new AppendRejectedException(
                $"Stream '{stream}' can't drop its events before sequence {before}: its last checkpoint is {(checkpoint is { } at ? $"at {at}" : "missing")}. Nothing was written; take a checkpoint at {before.Value - 1} or later first.");

    /// <param name="stream">The stream; null if there are several.</param>
    /// <param name="bytes">The largest payload.</param>
    /// <param name="limitBytes">The limit in the store's options.</param>
    public static RecordTooLargeException? OfRecord(LogStreamId? stream, long bytes, int limitBytes)
        => bytes > limitBytes
            ? new RecordTooLargeException(stream is { } id ? $"A record for stream '{id}'" : "A record", bytes, limitBytes, nameof(LocalLogStoreOptions.MaxRecordBytes))
            : null;

    /// <param name="bytes">The size of all events of one append.</param>
    /// <param name="limitBytes">The limit in the store's options.</param>
    public static RecordTooLargeException? OfBatch(long bytes, int limitBytes)
        => bytes > limitBytes
            ? new RecordTooLargeException("The batch of an append of several events", bytes, limitBytes, nameof(LocalLogStoreOptions.MaxBatchBytes))
            : null;

    /// <param name="appends">The parts of an atomic append.</param>
    /// <param name="isOwn">Whether a stream was opened from the store that appends.</param>
    /// <exception cref="ArgumentException">The parts are not a valid atomic append.</exception>
    public static void RequireParts(IReadOnlyList<StreamAppend> appends, Func<ILogStream, bool> isOwn)
    {
        if (appends.Count == 0)
            throw new ArgumentException("An atomic append needs at least one stream.", nameof(appends));
        var streams = new HashSet<LogStreamId>();
        foreach (StreamAppend append in appends)
        {
            if (!isOwn(append.Stream))
                throw new ArgumentException($"Stream '{append.Stream.Id}' was not opened from this store.", nameof(appends));
            if (append.Events.Count == 0)
                throw new ArgumentException($"The part of stream '{append.Stream.Id}' has no event.", nameof(appends));
            if (!streams.Add(append.Stream.Id))
                throw new ArgumentException($"Stream '{append.Stream.Id}' is named twice; put its events into one part.", nameof(appends));
        }
    }
}
