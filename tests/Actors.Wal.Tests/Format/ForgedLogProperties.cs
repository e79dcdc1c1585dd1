using Actors.Wal.Format;
using Actors.Wal.Local;
using FsCheck;
using FsCheck.Fluent;

namespace Actors.Wal.Tests.Format;

/// <summary>
/// Whatever a log says, with all of its checksums right: opening and reading it ends, with records or with an error that
/// says where, and takes no more memory than the log's size explains.
/// </summary>
public sealed class ForgedLogProperties : IDisposable
{
    private const int Logs = 3_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_forged_log_gives_records_or_an_error_and_ends()
    {
        await WriteAsync();
        Manifest manifest = Manifest.Read(await File.ReadAllBytesAsync(Path.Combine(_directory.Path, "MANIFEST")), "MANIFEST");
        var log = new ForgedLog(_directory.Segments[0], 1, manifest);
        Assert.InRange(log.Fields, 1000, 100_000);
        long calm = Allocated(log, []);

        Gen<long> values = Gen.OneOf(
            Gen.Elements(0L, 1, -1, 7, 8, 88, 96, int.MaxValue, int.MaxValue - 3, int.MinValue, long.MaxValue, long.MinValue),
            Gen.Elements(log.Locations.Select(l => (long)l.Value)),
            Gen.Choose(0, 5000).Select(n => (long)n),
            ArbMap.Default.GeneratorFor<long>());
        Gen<Forgery> anything = Gen.Choose(0, log.Fields - 1).Zip(values, (p, v) => new Forgery(p, v));
        Gen<Forgery> circles = Gen.Elements(log.Pointers.ToArray()).Zip(Gen.Choose(0, 4), (p, ahead) => new Forgery(p.Place, (long)log.Locations[Math.Min(p.Frame + ahead, log.Locations.Count - 1)].Value));
        Gen<Forgery[]> some = Gen.Choose(1, 4).SelectMany(n => Gen.ArrayOf(Gen.OneOf(anything, circles), n));
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Logs),
            Prop.ForAll(some.ToArbitrary(), f => Allocated(log, f) <= calm * 2 + log.Bytes * 4L));
    }

    /// <summary>Opens a forged log and reads all of it.</summary>
    /// <returns>The bytes allocated meanwhile.</returns>
    private long Allocated(ForgedLog log, IReadOnlyList<Forgery> forgeries)
    {
        using TestDirectory image = _directory.Image();
        File.WriteAllBytes(image.Segments[0], log.With(forgeries));
        Task<long> reading = Task.Run(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Read(image);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
        return reading.Wait(Patience) ? reading.Result : throw new TimeoutException($"Reading a log with {string.Join(", ", forgeries)} does not end.");
    }

    private static void Read(TestDirectory image)
    {
        LocalLogStore store;
        try
        {
            store = new SteppedStore(image.Options).Store;
        }
        catch (LogCorruptException)
        {
            return;
        }

        try
        {
            foreach (string stream in Streams)
                Refused(() => ReadStream(store, new LogStreamId(stream)));
            Refused(() => Count(store.ListAsync()));
            Refused(() => ReadFeed(store));
        }
        finally
        {
            store.DisposeAsync().AsTask().Wait();
        }
    }

    private static void ReadStream(LocalLogStore store, LogStreamId id)
    {
        ILogStream stream = store.OpenAsync(id).Result;
        Refused(() => Count(stream.ReplayAsync()));
        Refused(() => Count(stream.ReadAsync(new Sequence(1), new Sequence(long.MaxValue))));
        Refused(() => Count(stream.ReadAsync(new Sequence(long.MaxValue), new Sequence(1))));
        for (int sequence = 1; sequence < 60; sequence += 9)
            Refused(() => Count(stream.ReadAsOfAsync(new Sequence(sequence))));
        Refused(() => Count(stream.ReadAsOfAsync(DateTimeOffset.UnixEpoch.AddMinutes(1))));
        stream.DisposeAsync().AsTask().Wait();
    }

    private static void ReadFeed(LocalLogStore store)
    {
        long last = store.Statistics.Published.Value;
        IAsyncEnumerator<LogRecord> records = store.SubscribeAsync(new Lsn(1)).GetAsyncEnumerator();
        for (long i = 0; i < last && records.MoveNextAsync().AsTask().Result; i++)
        {
        }
    }

    private static void Count<T>(IAsyncEnumerable<T> records)
    {
        IAsyncEnumerator<T> each = records.GetAsyncEnumerator();
        while (each.MoveNextAsync().AsTask().Result)
        {
        }
    }

    /// <summary>An error that the contract names is an answer; any other is a fault.</summary>
    private static void Refused(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when ((e is AggregateException many ? many.InnerException : e) is LogCorruptException or HistoryTruncatedException)
        {
        }
    }

    private static readonly string[] Streams = ["a", "b", "c"];

    private async Task WriteAsync()
    {
        await using var stepped = new SteppedStore(_directory.Options);
        var random = new Random(1);
        foreach (string name in Streams)
        {
            ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId(name));
            for (int i = 1; i <= 40; i++)
            {
                ValueTask<AppendResult> append = random.Next(8) == 0
                    ? stream.AppendStateAsync(new EventData(new byte[random.Next(50)]))
                    : stream.AppendAsync(new EventData(new byte[random.Next(50)]));
                stepped.StepAll();
                await append;
                if (i % 9 != 0)
                    continue;
                ValueTask checkpoint = stream.CheckpointAsync(stream.Head, new EventData(new byte[20]));
                stepped.StepAll();
                await checkpoint;
                ValueTask truncation = stream.TruncateAsync(new Sequence(i / 2));
                stepped.StepAll();
                await truncation;
            }
        }
    }
}
