using System.Collections.Concurrent;
using System.Globalization;
using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Actors.Wal.Local;
using MessagePack;
using Orleans.Storage;

namespace Actors.Orleans.Tests.GrainLogs;

/// <summary>
/// Random calls of interleaving grains on two silos (appends, checkpoints, clears, migrations, deactivations), with answers of the log
/// that come late and in any order. What the change feed has at the end is the truth that all answers are compared with.
/// </summary>
public sealed class ScheduleTests : IDisposable
{
    private const int Calls = 1200;
    private const int AtATime = 12;
    private const int GrainsOfAKind = 2;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Answers_states_and_log_agree_however_calls_interleave(int seed)
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        var run = new Run(seed);
        await using (WalCluster cluster = await StartAsync(store, run))
            await run.CallAsync(cluster);
        List<Entry> log = await LogAsync(store);
        run.RequireAnswersAreIn(log);

        // Once from checkpoints, and once more behind what a graceful stop has written.
        for (int restart = 1; restart <= 2; restart++)
        {
            await using WalCluster cluster = await StartAsync(store, run);
            foreach (string key in run.Keys)
                Assert.Equal((key, string.Join(',', FoldOf(log, key))), (key, string.Join(',', await Run.Of(cluster, key).Numbers())));
        }
    }

    private static Task<WalCluster> StartAsync(LocalLogStore store, Run run)
        => WalCluster.StartSharedAsync(store, silos: 2, o => o.CheckpointEvents = 7, wrap: s => new HeldStream(s, run.HoldAsync));

    /// <summary>All that was written, in the order of the log.</summary>
    private static async Task<List<Entry>> LogAsync(LocalLogStore store)
    {
        await store.FlushAsync(TestContext.Current.CancellationToken);
        var log = new List<Entry>();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await foreach (LogRecord record in store.SubscribeAsync(Lsn.Zero, patience.Token))
        {
            string key = record.Stream.Value;
            if (record.Kind == LogRecordKind.Deletion)
                log.Add(new Entry(key, 0, null));
            else if (record.Kind == LogRecordKind.Event)
                log.Add(new Entry(key, record.Sequence.Value, NumberOf(record)));
            if (record.Lsn >= store.Statistics.Durable)
                break;
        }

        return log;
    }

    private static int NumberOf(LogRecord record)
    {
        LogRecord bare = KeyedPayload.Unwrap(record, out string? _);
        var reader = new MessagePackReader(bare.Payload);
        Assert.Equal(2, reader.ReadArrayHeader());
        Assert.Equal("counter.counted", reader.ReadString());
        Assert.Equal(1, reader.ReadArrayHeader());
        return reader.ReadInt32();
    }

    private static List<int> FoldOf(IEnumerable<Entry> log, string key)
    {
        var numbers = new List<int>();
        foreach (Entry entry in log.Where(e => e.Stream == $"{key}/counter"))
        {
            if (entry.Number is { } number)
                numbers.Add(number);
            else
                numbers.Clear();
        }

        return numbers;
    }

    /// <summary>An event, or a deletion without a number.</summary>
    private sealed record Entry(string Stream, long Sequence, int? Number);

    private sealed class Run(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Lock _gate = new();
        private readonly ConcurrentBag<(string Key, int Number, long Version)> _acknowledged = [];
        private readonly ConcurrentBag<(string Key, int Number)> _refused = [];
        private readonly ConcurrentBag<(string Key, int[] Numbers)> _seen = [];
        private int _numbers;

        public IReadOnlyList<string> Keys { get; } =
            [.. from kind in new[] { "mutablescheduled", "immutablescheduled" } from i in Enumerable.Range(0, GrainsOfAKind) select string.Create(CultureInfo.InvariantCulture, $"{kind}/g{i}")];

        public static IScheduledGrain Of(WalCluster cluster, string key)
        {
            string id = key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..];
            return key.StartsWith("mutable", StringComparison.Ordinal) ? cluster.Client.GetGrain<IMutableScheduledGrain>(id) : cluster.Client.GetGrain<IImmutableScheduledGrain>(id);
        }

        /// <summary>Lets an answer of the log come at once, after other turns, or a little later.</summary>
        public async Task HoldAsync()
        {
            int choice = Next(10);
            if (choice < 4)
                return;
            if (choice < 7)
                await Task.Yield();
            else
                await Task.Delay(TimeSpan.FromMilliseconds(choice - 6), TimeProvider.System);
        }

        public Task CallAsync(WalCluster cluster)
            => Task.WhenAll(Enumerable.Range(0, AtATime).Select(_ => Task.Run(async () =>
            {
                for (int i = 0; i < Calls / AtATime; i++)
                    await CallOneAsync(cluster);
            })));

        public void RequireAnswersAreIn(List<Entry> log)
        {
            // A number is counted at most once, and acknowledged with its place.
            Assert.Empty(log.Where(e => e.Number is not null).GroupBy(e => e.Number).Where(g => g.Count() > 1).Select(g => g.Key));
            var places = log.Where(e => e.Number is not null).ToDictionary(e => e.Number!.Value);
            foreach ((string key, int number, long version) in _acknowledged)
            {
                Assert.True(places.TryGetValue(number, out Entry? entry), $"{key}: {number} was acknowledged at {version} and is not in the log.");
                Assert.Equal((number, $"{key}/counter", version), (number, entry.Stream, entry.Sequence));
            }

            foreach ((string key, int number) in _refused)
                Assert.False(places.ContainsKey(number), $"{key}: {number} was refused and is in the log.");

            // Every state that was shown is what the log gives at some moment.
            foreach (IGrouping<string, (string Key, int[] Numbers)> shown in _seen.GroupBy(s => s.Key))
            {
                var states = new HashSet<string> { "" };
                var numbers = new List<int>();
                foreach (Entry entry in log.Where(e => e.Stream == $"{shown.Key}/counter"))
                {
                    if (entry.Number is { } number)
                        numbers.Add(number);
                    else
                        numbers.Clear();
                    states.Add(string.Join(',', numbers));
                }

                foreach ((_, int[] seen) in shown)
                    Assert.Contains(string.Join(',', seen), states);
            }

            Assert.InRange(_acknowledged.Count, Calls / 4, 2 * Calls);
        }

        private async Task CallOneAsync(WalCluster cluster)
        {
            string key = Keys[Next(Keys.Count)];
            IScheduledGrain grain = Of(cluster, key);
            int[] numbers = [.. Enumerable.Range(0, 1 + Next(3)).Select(_ => Interlocked.Increment(ref _numbers))];
            try
            {
                switch (Next(20))
                {
                    case < 8:
                        Acknowledge(key, numbers[..1], await grain.Count(numbers[0]));
                        break;
                    case < 10:
                        Acknowledge(key, numbers, await grain.CountAll(numbers));
                        break;
                    case 10:
                        Acknowledge(key, numbers[..1], await grain.CountOnce($"{numbers[0]}", numbers[0]));
                        break;
                    case 11:
                        Acknowledge(key, numbers[..1], await grain.CountOn(await grain.Version(), numbers[0]));
                        break;
                    case 12:
                        await grain.Start(numbers[0]);
                        return;
                    case < 15:
                        await grain.TakeCheckpoint();
                        break;
                    case 15:
                        await grain.Leave();
                        break;
                    case 16:
                        await grain.Migrate();
                        break;
                    case 17 when Next(4) == 0:
                        await grain.Clear();
                        break;
                    default:
                        _seen.Add((key, await grain.Numbers()));
                        break;
                }
            }
            catch (Exception e) when (e is InconsistentStateException or OrleansMessageRejectionException)
            {
                // A call that found no activation to run on did nothing either.
                foreach (int number in numbers)
                    _refused.Add((key, number));
            }
        }

        private void Acknowledge(string key, int[] numbers, long last)
        {
            for (int i = 0; i < numbers.Length; i++)
                _acknowledged.Add((key, numbers[i], last - numbers.Length + 1 + i));
        }

        private int Next(int limit)
        {
            lock (_gate)
                return _random.Next(limit);
        }
    }
}
