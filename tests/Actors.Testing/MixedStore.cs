using System.Buffers;
using Actors.Wal;

namespace Actors.Testing;

/// <summary>A store with streams of every kind, and the comparison of two stores through their readers.</summary>
public static class MixedStore
{
    private const byte Codec = 7;

    /// <summary>The streams of the store, besides those of <see cref="SkippedEvents"/> and <c>many/</c>.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        "plain/1", "truncated/1", "truncated/2", "truncated/whole", "based/on-state", "checkpointed/behind", "checkpointed/twice", "retained/2", "again/1",
        "state/last", "state/all", "keyed/1", "empty payloads", "large/1", "účet/ž/stav 🏦", "it's \"quoted\"; --", new string('n', LogStreamId.MaxBytes), "checkpoint-only",
    ];

    public static async Task WriteAsync(ILogStore store)
    {
        await using ILogStream plain = await store.OpenAsync(new LogStreamId("plain/1"));
        await plain.AppendManyAsync(40);
        await plain.AppendAsync([Payloads.Of(41), Payloads.Of(42), new EventData(Payloads.Of(43).Payload, 2)]);
        await TruncatedAsync(store);
        await CheckpointedAsync(store);
        await StatesAsync(store);
        await PayloadsAsync(store);
        await SkippedEvents.AddAsync(store, new SkippedEvent(new LogStreamId("plain/1"), new Sequence(3), "for a test", new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero)));
        for (int i = 0; i < 300; i++)
        {
            await using ILogStream many = await store.OpenAsync(new LogStreamId($"many/{i}"));
            await many.AppendAsync(Payloads.Of(i));
            await many.AppendAsync([Payloads.Of(i + 1), Payloads.Of(i + 2)]);
        }
    }

    /// <summary>Throws unless two stores have the same content, apart from LSNs and epochs.</summary>
    public static async Task RequireSameAsync(ILogReader expected, ILogReader actual)
    {
        List<StreamInfo> streams = await SortedAsync(expected);
        List<StreamInfo> others = await SortedAsync(actual);
        if (!streams.SequenceEqual(others))
            throw new InvalidOperationException($"Streams differ: {string.Join(", ", streams.Except(others))} and {string.Join(", ", others.Except(streams))}.");
        foreach (StreamInfo stream in streams)
        {
            await RequireSameAsync(stream.Id, expected.ReadAsync(stream.Id, new Sequence(1), new Sequence(long.MaxValue)), actual.ReadAsync(stream.Id, new Sequence(1), new Sequence(long.MaxValue)));
            await RequireSameAsync(stream.Id, expected.ReplayAsync(stream.Id), actual.ReplayAsync(stream.Id));
        }
    }

    /// <summary>Throws unless a stream is the same in both stores as of each event.</summary>
    public static async Task RequireSamePastAsync(ILogStore expected, ILogStore actual, string name)
    {
        await using ILogStream one = await expected.OpenAsync(new LogStreamId(name));
        await using ILogStream other = await actual.OpenAsync(new LogStreamId(name));
        for (Sequence at = one.First; at <= one.Head; at = at.Next)
            await RequireSameAsync(one.Id, one.ReadAsOfAsync(at), other.ReadAsOfAsync(at));
    }

    private static async Task TruncatedAsync(ILogStore store)
    {
        await using ILogStream truncated = await store.OpenAsync(new LogStreamId("truncated/1"));
        await truncated.AppendManyAsync(20);
        await truncated.CheckpointAsync(new Sequence(18), Payloads.Of("state 18"));
        await truncated.TruncateAsync(new Sequence(5));
        await truncated.AppendManyAsync(3, from: 21);

        // The checkpoint that covers the dropped events comes after the kept events.
        await using ILogStream late = await store.OpenAsync(new LogStreamId("truncated/2"));
        await late.AppendManyAsync(10);
        await late.CheckpointAsync(new Sequence(4), Payloads.Of("state 4"));
        await late.TruncateAsync(new Sequence(5));
        await using ILogStream whole = await store.OpenAsync(new LogStreamId("truncated/whole"));
        await whole.AppendManyAsync(6);
        await whole.CheckpointAsync(new Sequence(6), Payloads.Of("state 6"));
        await whole.TruncateAsync(new Sequence(7));
        await using ILogStream based = await store.OpenAsync(new LogStreamId("based/on-state"));
        await based.AppendManyAsync(3);
        await based.AppendStateAsync(Payloads.Of("state 4"));
        await based.AppendManyAsync(4, from: 5);
        await based.TruncateAsync(new Sequence(5));
    }

    private static async Task CheckpointedAsync(ILogStore store)
    {
        await using ILogStream behind = await store.OpenAsync(new LogStreamId("checkpointed/behind"));
        await behind.AppendManyAsync(12);
        await behind.CheckpointAsync(new Sequence(9), Payloads.Of("state 9"));
        await behind.AppendManyAsync(2, from: 13);
        await using ILogStream twice = await store.OpenAsync(new LogStreamId("checkpointed/twice"));
        await twice.AppendManyAsync(5);
        await twice.CheckpointAsync(new Sequence(5), Payloads.Of("state 5"));
        await twice.CheckpointAsync(new Sequence(5), Payloads.Of("state 5 again"));
        await using ILogStream retained = await store.OpenAsync(new LogStreamId("retained/2"), new StreamOptions { Retention = Retention.Parse("2 checkpoints") });
        for (int i = 0; i < 5; i++)
        {
            await retained.AppendManyAsync(4, from: (4 * i) + 1);
            await retained.CheckpointAsync(retained.Head, Payloads.Of($"state {retained.Head}"));
        }

        await using ILogStream only = await store.OpenAsync(new LogStreamId("checkpoint-only"));
        await only.CheckpointAsync(Sequence.Zero, Payloads.Of("state 0"));
        await using ILogStream deleted = await store.OpenAsync(new LogStreamId("deleted/1"));
        await deleted.AppendManyAsync(5);
        await deleted.DeleteAsync();
        await using (ILogStream first = await store.OpenAsync(new LogStreamId("again/1")))
        {
            await first.AppendManyAsync(9);
            await first.DeleteAsync();
        }

        await using ILogStream again = await store.OpenAsync(new LogStreamId("again/1"));
        await again.AppendAsync(Payloads.Of("anew"));
        await store.OpenAsync(new LogStreamId("never appended to"));
    }

    private static async Task StatesAsync(ILogStore store)
    {
        await using ILogStream last = await store.OpenAsync(new LogStreamId("state/last"), new StreamOptions { Retention = Retention.Parse("1 checkpoints") });
        await using ILogStream all = await store.OpenAsync(new LogStreamId("state/all"));
        for (int i = 1; i <= 6; i++)
        {
            await last.AppendStateAsync(Payloads.Of($"state {i}"));
            await all.AppendStateAsync(Payloads.Of($"state {i}"));
        }

        await all.AppendAsync(Payloads.Of(7));
    }

    private static async Task PayloadsAsync(ILogStore store)
    {
        await using ILogStream keyed = await store.OpenAsync(new LogStreamId("keyed/1"));
        var payload = new ArrayBufferWriter<byte>();
        KeyedPayload.Write(payload, "pay-1");
        payload.Write<byte>([1, 2, 3]);
        await keyed.AppendAsync(new EventData(payload.WrittenMemory, Codec | KeyedPayload.CodecFlag));
        await using ILogStream empty = await store.OpenAsync(new LogStreamId("empty payloads"));
        await empty.AppendAsync([new EventData(default), new EventData(default, Codec)]);
        await empty.CheckpointAsync(new Sequence(1), new EventData(default));
        await using ILogStream large = await store.OpenAsync(new LogStreamId("large/1"));
        var bytes = new byte[1024 * 1024];
        new Random(1).NextBytes(bytes);
        for (int i = 0; i < 3; i++)
            await large.AppendAsync(new EventData(bytes, Codec));
        foreach (string name in Names.Where(n => n.Length == LogStreamId.MaxBytes || n.Contains('"', StringComparison.Ordinal) || n.Contains('ž', StringComparison.Ordinal)))
        {
            await using ILogStream named = await store.OpenAsync(new LogStreamId(name));
            await named.AppendManyAsync(2);
        }
    }

    private static async Task<List<StreamInfo>> SortedAsync(ILogReader reader)
        => await reader.ListAsync().OrderBy(s => s.Id.Value, StringComparer.Ordinal).ToListAsync();

    private static async Task RequireSameAsync(LogStreamId stream, IAsyncEnumerable<LogRecord> expected, IAsyncEnumerable<LogRecord> actual)
    {
        List<string> one = await LinesAsync(expected);
        List<string> other = await LinesAsync(actual);
        if (!one.SequenceEqual(other))
            throw new InvalidOperationException($"Stream '{stream}' differs: [{string.Join(", ", one.Except(other))}] and [{string.Join(", ", other.Except(one))}].");
    }

    private static async Task<List<string>> LinesAsync(IAsyncEnumerable<LogRecord> records)
    {
        try
        {
            return await records.Select(r => $"{r.Kind} {r.Sequence} {r.Time:O} {r.Codec} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(r.Payload.Span))}").ToListAsync();
        }
        catch (HistoryTruncatedException e)
        {
            return [e.Message];
        }
    }
}
