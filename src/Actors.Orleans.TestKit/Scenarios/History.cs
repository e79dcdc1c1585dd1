using Actors.Orleans.Codecs;
using Actors.Orleans.Events;

namespace Actors.Orleans.TestKit.Scenarios;

/// <summary>Writes and reads a stream's events without its grain.</summary>
internal static class History
{
    public static async Task AppendAsync<TEvent>(ILogStore store, LogStreamId id, IReadOnlyList<TEvent> events, PayloadCodec<TEvent> codec)
    {
        if (events.Count == 0)
            return;
        await using ILogStream stream = await store.OpenAsync(id).ConfigureAwait(false);
        foreach (TEvent change in events)
        {
            PayloadWriter payload = codec.Encode(change);
            try
            {
                await stream.AppendAsync(new EventData(payload.Written, codec.Number)).ConfigureAwait(false);
            }
            finally
            {
                PayloadWriter.Return(payload);
            }
        }
    }

    /// <summary>Reads the events of a stream from the change feed, which does not fence the stream's owner.</summary>
    public static async Task<IReadOnlyList<TEvent>> ReadAsync<TEvent>(ILogStore store, LogStreamId id, PayloadCodec<TEvent> codec)
    {
        Lsn last = store.Statistics.Published;
        var events = new List<TEvent>();
        if (last == Lsn.Zero)
            return events;
        await foreach (LogRecord record in store.SubscribeAsync(Lsn.Zero).ConfigureAwait(false))
        {
            if (record.Stream == id && record.Kind == LogRecordKind.Event)
                events.Add(codec.Decode(Keyed.EventOf(record, out _)));
            else if (record.Stream == id && record.Kind == LogRecordKind.Deletion)
                events.Clear();
            if (record.Lsn >= last)
                break;
        }

        return events;
    }
}
