using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Failures;

/// <summary>Writers that append to streams of their own and remember what was acknowledged, while something happens to the server.</summary>
internal sealed class AppendLoad
{
    private const int Streams = 20;
    private const int Few = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentDictionary<string, long> _acknowledged = new();
    private readonly ConcurrentQueue<string> _unknown = new();
    private long _refused;

    /// <summary>Streams of whose last append nobody knows what became.</summary>
    public ConcurrentDictionary<string, long> Doubtful { get; } = new();

    /// <summary>What they are, and what was said of outcomes that are unknown.</summary>
    public string Doubts => string.Join(Environment.NewLine, Doubtful.Select(d => $"{d.Key}: {d.Value}").Concat(_unknown));

    public static EventData Event(string name, long number) => new(Encoding.UTF8.GetBytes(Text(name, number)));

    /// <summary>Appends to all streams as fast as it goes, and lets something happen meanwhile.</summary>
    public async Task RunAsync(PostgresLogStore store, Func<Task> happen)
    {
        bool stop = false;
        Task[] writers = [.. Enumerable.Range(0, Streams).Select(i => Task.Run(() => WriteAsync(store, $"s/{i}", () => Volatile.Read(ref stop))))];
        await happen();
        // On a slow machine it takes a while until there is something to lose.
        long begun = Stopwatch.GetTimestamp();
        while ((_acknowledged.Count < Streams || _acknowledged.Values.Sum() <= Few) && Stopwatch.GetElapsedTime(begun) < Patience)
            await Task.Delay(Poll, TimeProvider.System);
        Volatile.Write(ref stop, true);
        await Task.WhenAll(writers);
        Assert.Equal(Streams, _acknowledged.Count);
        Assert.True(_acknowledged.Values.Sum() > Few, $"Only {_acknowledged.Values.Sum()} appends were acknowledged, {_refused} refused.");
    }

    private async Task WriteAsync(PostgresLogStore store, string name, Func<bool> isOver)
    {
        while (!isOver())
        {
            try
            {
                await using ILogStream stream = await store.OpenAsync(new LogStreamId(name));
                long head = stream.Head.Value;
                Assert.InRange(head, _acknowledged.GetValueOrDefault(name), Math.Max(_acknowledged.GetValueOrDefault(name), Doubtful.GetValueOrDefault(name)));
                while (!isOver())
                {
                    Doubtful[name] = head + 1;
                    AppendResult result = await stream.AppendAsync(Event(name, head + 1), new Sequence(head));
                    Assert.Equal(++head, result.Last.Value);
                    _acknowledged[name] = head;
                    Doubtful.TryRemove(name, out _);
                }
            }
            catch (AppendRejectedException)
            {
                // Nothing was written.
                Doubtful.TryRemove(name, out _);
                Interlocked.Increment(ref _refused);
            }
            catch (Exception e) when (e is AppendOutcomeUnknownException or StoreUnreachableException)
            {
                // Opening it again tells.
                _unknown.Enqueue($"{name}: {e}");
            }
        }
    }

    /// <summary>Whether the log has what was acknowledged, and nothing that was not asked for.</summary>
    public async Task VerifyAsync(NpgsqlDataSource source)
    {
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source });
        foreach ((string name, long acknowledged) in _acknowledged)
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId(name));
            Assert.InRange(stream.Head.Value, acknowledged, Math.Max(acknowledged, Doubtful.GetValueOrDefault(name)));
            long expected = 0;
            await foreach (LogRecord record in stream.ReplayAsync())
            {
                Assert.Equal(++expected, record.Sequence.Value);
                Assert.Equal(Text(name, expected), Encoding.UTF8.GetString(record.Payload.Span));
            }

            Assert.Equal(stream.Head.Value, expected);
        }
    }

    private static string Text(string name, long number) => string.Create(CultureInfo.InvariantCulture, $"{name} {number}");
}
