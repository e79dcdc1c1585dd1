using System.Runtime.CompilerServices;
using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Reading;

/// <summary>Reads a stream up to the tail that was known when the reading began.</summary>
internal sealed class PostgresStreamHistory(StreamRows rows, long id, LogStreamId name, StreamTail tail)
{
    public async IAsyncEnumerable<LogRecord> ReplayAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (LogRecord record in FromAsync(tail.Base, tail.Seq - 1, cancellationToken).ConfigureAwait(false))
            yield return record;
    }

    /// <summary>Reads the events of a range, without those that the stream does not keep.</summary>
    public async IAsyncEnumerable<LogRecord> RangeAsync(long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool forward = from <= to;
        long low = Math.Max(forward ? from : to, tail.First);
        long high = Math.Min(forward ? to : from, tail.Seq - 1);
        if (low > high)
            yield break;
        long expected = forward ? low : high;
        await foreach (StoredRow row in rows.EventsAsync(id, forward ? low : high, forward ? high : low, cancellationToken).ConfigureAwait(false))
        {
            foreach (LogRecord record in forward ? row.Records(name) : row.Records(name).Reverse())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (record.Sequence.Value < low || record.Sequence.Value > high)
                    continue;
                if (record.Sequence.Value != expected)
                    throw await MissingAsync(expected, cancellationToken).ConfigureAwait(false);
                expected += forward ? 1 : -1;
                yield return record;
            }
        }

        if (expected != (forward ? high + 1 : low - 1))
            throw await MissingAsync(expected, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the records that give the state as of a sequence.</summary>
    public async IAsyncEnumerable<LogRecord> AsOfAsync(long sequence, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long last = Math.Min(sequence, tail.Seq - 1);
        if (last < 1)
            yield break;
        StoredRow? based = await FindCheckpointAsync(row => row.Checkpoint <= last, cancellationToken).ConfigureAwait(false);
        if (based is null && tail.First > 1)
            throw new HistoryTruncatedException(name, new Sequence(tail.First));
        await foreach (LogRecord record in FromAsync(based?.Key, last, cancellationToken).ConfigureAwait(false))
            yield return record;
    }

    public async IAsyncEnumerable<LogRecord> AsOfAsync(DateTimeOffset time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long last = await rows.LastAtAsync(id, time, cancellationToken).ConfigureAwait(false);
        if (last < tail.First && tail.First > 1)
        {
            // Before the first event that the stream keeps, only the state of one checkpoint is known, and only from the checkpoint's time on.
            last = tail.First - 1;
            if ((await FindCheckpointAsync(row => row.Checkpoint <= last, cancellationToken).ConfigureAwait(false))?.Time is not { } taken || taken > time)
                throw new HistoryTruncatedException(name, new Sequence(tail.First));
        }

        await foreach (LogRecord record in AsOfAsync(last, cancellationToken).ConfigureAwait(false))
            yield return record;
    }

    /// <summary>Returns the first event to keep if the n-th checkpoint back, counted from 0, is to be kept; null if there are fewer.</summary>
    public async Task<long?> KeepCheckpointBackAsync(int count, CancellationToken cancellationToken)
        => (await FindCheckpointAsync(_ => count-- == 0, cancellationToken).ConfigureAwait(false))?.Checkpoint + 1;

    /// <summary>Returns the first event to keep if the last checkpoint at or before a time is to be kept; null without one.</summary>
    public async Task<long?> KeepCheckpointBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken)
        => (await FindCheckpointAsync(row => row.Time <= time, cancellationToken).ConfigureAwait(false))?.Checkpoint + 1;

    /// <summary>Returns the newest checkpoint or state record that the stream keeps and that satisfies the condition; null without one.</summary>
    private async Task<StoredRow?> FindCheckpointAsync(Func<StoredRow, bool> isIt, CancellationToken cancellationToken)
    {
        for (RowKey? key = tail.Base; key is { } at;)
        {
            if (await rows.AtAsync(id, at, cancellationToken).ConfigureAwait(false) is not { } row || row.Checkpoint < tail.First - 1)
                return null;
            if (isIt(row))
                return row;
            key = row.Base;
        }

        return null;
    }

    /// <summary>Reads from a checkpoint or state record, or from the first event, up to a sequence.</summary>
    private async IAsyncEnumerable<LogRecord> FromAsync(RowKey? based, long last, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long next = 1;
        if (based is { } key)
        {
            StoredRow row = await rows.AtAsync(id, key, cancellationToken).ConfigureAwait(false)
                ?? throw await MissingAsync(key.Seq, cancellationToken).ConfigureAwait(false);
            foreach (LogRecord record in row.Records(name))
                yield return record;
            next = row.Checkpoint!.Value + 1;
        }

        if (next > last)
            yield break;
        await foreach (LogRecord record in RangeAsync(next, last, cancellationToken).ConfigureAwait(false))
            yield return record;
    }

    /// <summary>Returns the error for a missing event, which was dropped meanwhile or is lost.</summary>
    private async Task<LogStoreException> MissingAsync(long sequence, CancellationToken cancellationToken)
    {
        StoredRow? head = await rows.HeadAsync(id, cancellationToken).ConfigureAwait(false);
        if (head is null || head.Kind == RowKind.Tombstone || head.First > sequence)
            return new HistoryTruncatedException(name, new Sequence(head?.First ?? tail.Seq));
        return new LogCorruptException($"Event {sequence} of stream '{name}' is missing, and was not truncated", "event", sequence);
    }
}
