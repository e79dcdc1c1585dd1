using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Actors.Wal.Postgres;
using Npgsql;

namespace Actors.Reliability.Contention;

/// <summary>
/// A process that takes streams over, appends, and pauses while it owns them. It prints the outcome of each event, and its ownership:
/// <c>A stream sequence event time</c> acknowledged, <c>R stream event</c> fenced or rejected, <c>U stream event</c> in doubt,
/// <c>O</c> opened, <c>C stream head time</c> ownership confirmed, with the time at which it asked. An event is named by its append,
/// its place in the append, and the number of events in the append.
/// </summary>
internal sealed class Contender(ContenderOptions options)
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(6);

    private readonly ConcurrentDictionary<int, ILogStream> _owned = [];
    private readonly Lock _output = new();
    private int _appends;

    /// <summary>Runs until it is killed.</summary>
    public async Task<int> RunAsync()
    {
        await using var source = NpgsqlDataSource.Create(options.ConnectionString);
        PostgresLogStore? store = null;
        while (store is null)
        {
            try
            {
                store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source, Patience = TimeSpan.FromSeconds(10), TrimAfter = TimeSpan.FromMinutes(2), TrimPeriod = TimeSpan.FromSeconds(1) });
            }
            catch (StoreUnreachableException)
            {
                // The server can't be reached; the opening is repeated.
            }
        }

        await Task.WhenAll(Enumerable.Range(0, options.Tasks).Select(t => Task.Run(() => ContendAsync(store, new Random(options.Seed * 1000 + t)))));
        return 0;
    }

    private async Task ContendAsync(PostgresLogStore store, Random random)
    {
        while (true)
        {
            int number = random.Next(options.Streams);
            try
            {
                ILogStream? stream = _owned.GetValueOrDefault(number);
                if (stream is not { IsOwner: true } || random.Next(20) == 0)
                {
                    stream = await store.OpenAsync(new LogStreamId(string.Create(CultureInfo.InvariantCulture, $"s/{number}")));
                    _owned[number] = stream;
                    Say("O");
                }

                if (random.Next(4) == 0)
                    await AskAsync(number, stream);
                if (random.Next(100) == 0)
                    await Task.Delay(LongestSleep * random.NextDouble(), TimeProvider.System);
                await AppendAsync(number, stream, random);
                if (random.Next(50) == 0 && stream.Head is { Value: > 0 } head)
                    await stream.CheckpointAsync(head, new EventData(Encoding.UTF8.GetBytes("state")));
                if (random.Next(200) == 0 && stream.Checkpoint is { } checkpoint)
                    await stream.TruncateAsync(checkpoint.Next);
            }
            catch (LogCorruptException e)
            {
                Say($"X {e.Message}");
                throw;
            }
            catch (LogStoreException)
            {
                // The outcome of events was printed. Checkpoints and truncations of a fenced owner are expected to fail.
            }
        }
    }

    private async Task AskAsync(int number, ILogStream stream)
    {
        long asked = Stopwatch.GetTimestamp();
        if (await stream.ConfirmOwnershipAsync())
            Say(string.Create(CultureInfo.InvariantCulture, $"C {number} {stream.Head} {asked}"));
    }

    private async Task AppendAsync(int number, ILogStream stream, Random random)
    {
        int append = Interlocked.Increment(ref _appends);
        int count = 1 + random.Next(3);
        string[] ids = [.. Enumerable.Range(1, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{options.Name}-{append}/{i}/{count}"))];
        Sequence? expected = random.Next(4) == 0 ? stream.Head : null;
        try
        {
            AppendResult result = await stream.AppendAsync([.. ids.Select(i => new EventData(Encoding.UTF8.GetBytes(i)))], expected);
            long acknowledged = Stopwatch.GetTimestamp();
            for (int i = 0; i < ids.Length; i++)
                Say(string.Create(CultureInfo.InvariantCulture, $"A {number} {result.First.Value + i} {ids[i]} {acknowledged}"));
        }
        catch (AppendOutcomeUnknownException)
        {
            Say([.. ids.Select(i => $"U {number} {i}")]);
            throw;
        }
        catch (LogStoreException)
        {
            Say([.. ids.Select(i => $"R {number} {i}")]);
            throw;
        }
    }

    private void Say(params string[] lines)
    {
        lock (_output)
        {
            foreach (string line in lines)
                Console.Out.WriteLine(line);
        }
    }
}
