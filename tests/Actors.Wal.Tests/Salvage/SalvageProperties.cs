using System.Globalization;
using System.Text;
using Actors.Wal.Salvage;

namespace Actors.Wal.Tests.Salvage;

/// <summary>Random stores with random damage, the same for the same seed.</summary>
public sealed class SalvageProperties
{
    [Theory]
    [InlineData(1, 12)]
    [InlineData(1001, 12)]
    [InlineData(30119, 1)]
    [InlineData(2001, 12)]
    public async Task Salvage_gives_no_wrong_record_and_misses_no_valid_one(int firstSeed, int count)
    {
        for (int seed = firstSeed; seed < firstSeed + count; seed++)
        {
            try
            {
                await RunAsync(seed);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new InvalidOperationException($"Seed {seed}: {e.Message}", e);
            }
        }
    }

    private static async Task RunAsync(int seed)
    {
        var random = new Random(seed);
        using var store = new DamagedStore();
        var workload = new RandomWorkload(store, random);
        await workload.RunAsync();
        List<(string File, long From, long To)> damage = [];
        int places = random.Next(1, 5);
        for (int i = 0; i < places; i++)
            damage.Add(Damage(store, random));
        SalvageReport report = await store.SalvageAsync();

        var losses = report.Streams.ToDictionary(s => s.Stream.Value);
        foreach ((string name, StreamDump after) in store.After)
            Check(name, after, workload, losses.GetValueOrDefault(name));

        foreach ((string name, StreamDump before) in store.Before)
        {
            bool isThere = store.After.TryGetValue(name, out StreamDump? after);
            bool isHit = store.Frames.Exists(f => f.Stream == name && damage.Exists(d => d.File == f.File && f.OffsetBytes < d.To && f.OffsetBytes + f.LengthBytes > d.From));
            // The last batch counts only as a whole where nothing proves it.
            bool isAtEnd = damage.Exists(d => d.File == store.Frames[^1].File) && store.Frames.Exists(f => f.Stream == name && f.File == store.Frames[^1].File);
            if (!isHit && !isAtEnd)
                Same(name, before, after);
            if (losses.TryGetValue(name, out StreamLoss? loss))
            {
                Assert.Equal(loss.Kept is not null, isThere);
                if (loss.Outcome == StreamOutcome.Complete)
                    Assert.Equal(before.Replay.Split('\n')[^1], after!.Replay.Split('\n')[^1]);
            }
            else if (isThere && report.Lost.Count == 0 && report.TornBytes == 0)
            {
                Same(name, before, after);
            }
            else if (isThere)
            {
                // A checkpoint or a truncation that was lost is not missed where the events are there; what was torn is not missed at all.
                Assert.True(after!.Events.EndsWith(before.Events, StringComparison.Ordinal) || (report.TornBytes > 0 && isAtEnd && before.Events.StartsWith(after.Events, StringComparison.Ordinal)), $"Stream '{name}' was {before} and is {after}; {report.TornBytes} bytes are torn; {string.Join(", ", damage)}; {string.Join(", ", report.Damage)}.");
            }
            else
            {
                Assert.True(report.Lost.Count > 0 || report.EndUnknown is not null || report.TornBytes > 0);
            }
        }

        if (report.IsComplete && report.TornBytes == 0)
            Assert.Equal(store.Before.Keys.Order(StringComparer.Ordinal), store.After.Keys.Order(StringComparer.Ordinal));
    }

    private static void Same(string name, StreamDump before, StreamDump? after)
        => Assert.True(before == after, $"Stream '{name}' was {before} and is {after}.");

    /// <summary>Every record is one that was written, of one life of its stream, and none is missing between them.</summary>
    private static void Check(string name, StreamDump after, RandomWorkload workload, StreamLoss? loss)
    {
        string[] events = Lines(after.Events);
        Assert.Equal(after.Head - after.First + 1, events.Length);
        string? life = null;
        for (int i = 0; i < events.Length; i++)
            CheckRecord(name, events[i], after.First + i, workload, ref life);
        string[] replay = Lines(after.Replay);
        Assert.True(replay.Length > 0);
        if (after.Checkpoint is { } checkpoint)
            CheckRecord(name, replay[0], checkpoint, workload, ref life);
        else
            Assert.Equal(1, after.First);
        if (loss is null)
            return;
        Assert.Equal((after.First, after.Head), (loss.Kept!.Value.From.Value, loss.Kept.Value.To.Value));
    }

    private static void CheckRecord(string name, string line, long sequence, RandomWorkload workload, ref string? life)
    {
        string[] fields = line.Split(' ');
        Assert.Equal(sequence, long.Parse(fields[1], CultureInfo.InvariantCulture));
        string[] payload = Encoding.UTF8.GetString(Convert.FromHexString(fields[4])).Split(' ');
        life ??= payload[1];
        Assert.Equal([name, life, fields[1]], payload[..3]);
        Assert.True(workload.Written.Contains(line), line[..Math.Min(60, line.Length)]);
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.Split('\n');

    private static (string File, long From, long To) Damage(DamagedStore store, Random random)
    {
        string[] files = [.. store.Files("segments", "*"), .. store.Files("index", "*"), "MANIFEST"];
        string file = files[random.Next(files.Length)];
        string path = store.FullPath(file);
        if (!File.Exists(path))
            return (file, 0, long.MaxValue);
        long length = new FileInfo(path).Length;
        // Never all that tells the store's id.
        if (random.Next(8) == 0 && files.Length > 4)
        {
            File.Delete(path);
            return (file, 0, long.MaxValue);
        }

        long from = random.NextInt64(length);
        long count = Math.Min(length - from, random.Next(4) switch
        {
            0 => 1,
            1 => random.Next(1, 100),
            2 => random.Next(1, 3000),
            _ => random.Next(1, 20_000),
        });
        if (random.Next(10) == 0)
        {
            using FileStream cut = DamagedStore.Open(path);
            cut.SetLength(from);
            return (file, from, long.MaxValue);
        }

        if (random.Next(3) == 0)
            Zero(path, from, count);
        else
            store.Destroy(file, from, count);
        return (file, from, from + count);
    }

    private static void Zero(string path, long from, long count)
    {
        using FileStream stream = DamagedStore.Open(path);
        stream.Position = from;
        stream.Write(new byte[count]);
    }
}
