using System.Buffers.Binary;
using System.Collections.Immutable;
using Actors.Wal.Local;

namespace Actors.Reliability.Model;

/// <summary>Compares an open store with its expected content, record by record and byte by byte.</summary>
internal static class ModelCheck
{
    /// <summary>Returns the expected streams of a recovered log, which must equal the model after a prefix of its operations.</summary>
    /// <param name="model">The model of the submitted operations.</param>
    /// <param name="lastLsn">The LSN of the last recovered record.</param>
    /// <param name="floor">The LSN of the last promised record.</param>
    /// <exception cref="InvariantException">The log ends too early, too late, or within an operation.</exception>
    public static ImmutableSortedDictionary<string, ModelStream> Prefix(LogModel model, long lastLsn, long floor)
    {
        if (lastLsn < floor)
            throw new InvariantException($"The log ends at LSN {lastLsn}; up to {floor} it was acknowledged as durable.");
        if (lastLsn > model.Last)
            throw new InvariantException($"The log ends at LSN {lastLsn}; only {model.Last} records were submitted.");
        return model.After(lastLsn)
            ?? throw new InvariantException($"The log ends at LSN {lastLsn}, within an operation that is to be there whole or not at all.");
    }

    /// <summary>Checks all streams, with all their events and checkpoints.</summary>
    /// <exception cref="InvariantException">The store has other content.</exception>
    public static void Same(LocalLogStore store, ImmutableSortedDictionary<string, ModelStream> expected)
    {
        List<StreamInfo> streams = [.. Ready.Each(store.ListAsync()).OrderBy(s => s.Id.Value, StringComparer.Ordinal)];
        if (!streams.Select(s => s.Id.Value).SequenceEqual(expected.Keys))
            throw new InvariantException($"The store has the streams {string.Join(", ", streams.Select(s => s.Id))} instead of {string.Join(", ", expected.Keys)}.");
        foreach (StreamInfo info in streams)
            Same(store, info, expected[info.Id.Value]);
    }

    /// <summary>Checks that the change feed gives every event that a stream still has, in the order of LSNs.</summary>
    public static void Feed(LocalLogStore store, ImmutableSortedDictionary<string, ModelStream> expected)
    {
        var last = new Lsn(0);
        var given = new HashSet<(string, long)>();
        using var stop = new CancellationTokenSource();
        IAsyncEnumerator<LogRecord> records = store.SubscribeAsync(new Lsn(1), stop.Token).GetAsyncEnumerator(stop.Token);
        Lsn published = store.Statistics.Published;
        bool waits = false;
        while (last < published)
        {
            ValueTask<bool> more = records.MoveNextAsync();
            if (!more.IsCompleted)
            {
                // The feed waits for new records, so it has given all. The last published records were compacted away.
                stop.Cancel();
                more.AsTask().ContinueWith(_ => records.DisposeAsync().AsTask(), TaskScheduler.Default).Unwrap().Wait();
                waits = true;
                break;
            }

            if (!Ready.Get(more) || records.Current.Lsn <= last || records.Current.Lsn > published)
                throw new InvariantException($"The change feed gives LSN {records.Current.Lsn} after {last}.");
            last = records.Current.Lsn;
            if (records.Current.Kind is LogRecordKind.Event or LogRecordKind.State)
                given.Add((records.Current.Stream.Value, records.Current.Sequence.Value));
        }

        if (!waits)
            Ready.Get(records.DisposeAsync());
        foreach ((string name, ModelStream stream) in expected)
        {
            for (long sequence = stream.First; sequence <= stream.Head; sequence++)
            {
                if (!given.Contains((name, sequence)))
                    throw new InvariantException($"The change feed does not give event {sequence} of stream '{name}'.");
            }
        }
    }

    private static void Same(LocalLogStore store, StreamInfo info, ModelStream expected)
    {
        if (info.Head.Value != expected.Head || info.First.Value != expected.First || info.Checkpoint?.Value != expected.Checkpoint)
            throw new InvariantException($"Stream '{info.Id}' is {info}; expected are head {expected.Head}, first {expected.First}, checkpoint {expected.Checkpoint}.");
        ILogStream stream = Ready.Get(store.OpenAsync(info.Id));
        SameHistory(stream, expected);
        SameReplay(stream.Id, Ready.Each(stream.ReplayAsync()), expected);
        Ready.Get(stream.DisposeAsync());
    }

    private static void SameHistory(ILogStream stream, ModelStream expected)
    {
        long sequence = expected.First;
        foreach (LogRecord record in Ready.Each(stream.ReadAsync(new Sequence(1), new Sequence(long.MaxValue))))
        {
            SameEvent(stream.Id, record, sequence, expected);
            sequence++;
        }

        if (sequence != expected.Head + 1)
            throw new InvariantException($"The history of stream '{stream.Id}' ends before sequence {sequence} of {expected.Head}.");
    }

    /// <summary>Checks that the last checkpoint and the events after it give the same state as all events.</summary>
    public static void SameReplay(LogStreamId stream, IEnumerable<LogRecord> replay, ModelStream expected)
    {
        ulong digest = 0;
        long sequence = 0;
        foreach (LogRecord record in replay)
        {
            if (record.Kind == LogRecordKind.Checkpoint)
            {
                if (sequence != 0 || record.Sequence.Value != expected.Checkpoint || !record.Payload.Span.SequenceEqual(expected.CheckpointPayload.Span))
                    throw new InvariantException($"Stream '{stream}' replays from a checkpoint at {record.Sequence} with {record.Payload.Length} bytes; its last one is at {expected.Checkpoint} with {expected.CheckpointPayload.Length}.");
                digest = BinaryPrimitives.ReadUInt64LittleEndian(record.Payload.Span);
            }
            else
            {
                SameEvent(stream, record, record.Sequence.Value, expected);
                digest = ModelStream.Fold(digest, record.Payload.Span, record.Kind == LogRecordKind.State);
            }

            sequence = record.Sequence.Value;
        }

        if (sequence != expected.Head || digest != expected.Digest)
            throw new InvariantException($"The replay of stream '{stream}' ends at {sequence} in another state than all events up to {expected.Head} give.");
    }

    public static void SameEvent(LogStreamId stream, in LogRecord record, long sequence, ModelStream expected)
    {
        if (record.Sequence.Value != sequence || sequence > expected.Head)
            throw new InvariantException($"Stream '{stream}' gives sequence {record.Sequence} in place of {sequence}.");
        ModelEvent wanted = expected.Events[(int)sequence - 1];
        if (record.Kind != (wanted.IsState ? LogRecordKind.State : LogRecordKind.Event) || !record.Payload.Span.SequenceEqual(wanted.Payload.Span))
            throw new InvariantException($"Record {sequence} of stream '{stream}' is another one than was appended.");
    }
}
