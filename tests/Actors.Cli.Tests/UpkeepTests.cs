using System.Text.Json;
using Actors.Wal.Local;

namespace Actors.Cli.Tests;

public sealed class UpkeepTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestDirectory _backups = new();

    public void Dispose()
    {
        _directory.Dispose();
        _backups.Dispose();
    }

    [Fact]
    public async Task Compact_wins_room_back_and_the_store_is_the_same()
    {
        await OverwriteAsync(4000);
        JsonElement before = await JsonAsync("stats", _directory.Path);
        JsonElement done = await JsonAsync("compact", _directory.Path);
        JsonElement after = await JsonAsync("stats", _directory.Path);
        Assert.InRange(done.GetProperty("segments").GetInt64(), 5, 100);
        Assert.InRange(done.GetProperty("bytesAfter").GetInt64(), 0, done.GetProperty("bytesBefore").GetInt64() / 5);
        Assert.Equal(before.GetProperty("liveBytes").GetInt64(), after.GetProperty("liveBytes").GetInt64());
        Assert.InRange(after.GetProperty("bytes").GetInt64(), 0, before.GetProperty("bytes").GetInt64() / 4);

        (int code, string output, _) = await Walctl.RunAsync("verify", _directory.Path);
        Assert.True(code == 0, output);
        JsonElement segments = (await JsonAsync("inspect", _directory.Path)).GetProperty("segments");
        Assert.True(segments[0].GetProperty("cold").GetBoolean());
        Assert.InRange(segments[0].GetProperty("lastSegment").GetInt64(), 5, 100);
        Assert.Equal(1, segments[0].GetProperty("liveShare").GetDouble());
    }

    [Fact]
    public async Task Skip_tells_readers_to_pass_over_an_event_and_leaves_it_in_the_log()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("s"));
            await stream.AppendAsync(Payloads.Of("bad"));
        }

        (int code, string output, string errors) = await Walctl.RunAsync("skip", _directory.Path, "s", "1", "--reason", "it is bad");
        Assert.True(code == 0, errors);
        Assert.Contains("Event 1 of 's' is passed over", output, StringComparison.Ordinal);
        (code, _, errors) = await Walctl.RunAsync("skip", _directory.Path, "s", "2", "--reason", "it is not there");
        Assert.Equal(2, code);
        Assert.Contains("has the events 1 to 1, and not 2", errors, StringComparison.Ordinal);
        (code, _, _) = await Walctl.RunAsync("skip", _directory.Path, "s", "1");
        Assert.Equal(2, code);
        (_, output, _) = await Walctl.RunAsync("dump", _directory.Path, "actors/skipped-events");
        Assert.Contains("it is bad", output + System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(JsonDocument.Parse(output).RootElement.GetProperty("payload").GetString()!)), StringComparison.Ordinal);
        await using LocalLogStore again = await _directory.OpenAsync();
        SkippedEvent skipped = Assert.Single(await SkippedEvents.ReadAsync(again, TestContext.Current.CancellationToken));
        Assert.Equal((new LogStreamId("s"), new Sequence(1), "it is bad"), (skipped.Stream, skipped.Sequence, skipped.Reason));
    }

    [Fact]
    public async Task Checkpoint_saves_the_index()
    {
        await OverwriteAsync(4000);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_directory.Path, "index")));
        JsonElement done = await JsonAsync("save-index", _directory.Path);
        Assert.Equal(4000, done.GetProperty("indexedLsn").GetInt64());
        Assert.Equal(0, done.GetProperty("segments").GetInt64());
        await using LocalLogStore store = await _directory.OpenAsync();
        Assert.Equal(4000, store.Recovery.SnapshotLsn?.Value);
    }

    [Fact]
    public async Task Commands_that_write_refuse_a_store_in_use_and_a_directory_without_one()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            foreach (string command in new[] { "compact", "save-index" })
            {
                (int code, string output, string error) = await Walctl.RunAsync(command, _directory.Path);
                Assert.Equal((2, ""), (code, output));
                Assert.Contains($"is in use by process {Environment.ProcessId}", error, StringComparison.Ordinal);
            }
        }

        (int missing, _, string message) = await Walctl.RunAsync("compact", _backups.Path);
        Assert.Equal(2, missing);
        Assert.Contains("There is no store in", message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_backups.Path));
    }

    [Fact]
    public async Task A_backup_is_made_beside_the_owner_and_restored_to_a_record_and_a_time()
    {
        DateTimeOffset between;
        string backup = Path.Combine(_backups.Path, "monday");
        await using (LocalLogStore store = await _directory.OpenAsync(o => o with { IdleMark = TimeSpan.FromMilliseconds(10) }))
        {
            await AppendAsync(store, 50);
            between = TimeProvider.System.GetUtcNow().AddMilliseconds(5);
            while (TimeProvider.System.GetUtcNow() < between.AddMilliseconds(5))
                await Task.Yield();
            await AppendAsync(store, 50);
            await store.FlushAsync(TestContext.Current.CancellationToken);
            JsonElement made;
            do
            {
                if (Directory.Exists(backup))
                    Directory.Delete(backup, recursive: true);
                made = await JsonAsync("backup", _directory.Path, backup);
            }
            while (made.GetProperty("lastLsn").GetInt64() < 100); // the owner marks what is durable when it is idle
        }

        JsonElement restored = await JsonAsync("restore", backup, In("by record"), "--to-lsn", "70");
        Assert.Equal(70, restored.GetProperty("lastLsn").GetInt64());
        restored = await JsonAsync("restore", backup, In("by time"), "--to-time", between.ToString("O"));
        Assert.Equal(50, restored.GetProperty("lastLsn").GetInt64());
        (int code, string output, _) = await Walctl.RunAsync("dump", In("by time"), "s");
        Assert.Equal((0, 50), (code, output.Trim().Split('\n').Length));

        (code, _, string error) = await Walctl.RunAsync("restore", backup, In("by time"));
        Assert.Equal(2, code);
        Assert.Contains("exists; name a directory that does not", error, StringComparison.Ordinal);
        (code, _, error) = await Walctl.RunAsync("restore", backup, In("x"), "--to-time", "yesterday");
        Assert.Equal(2, code);
        Assert.Contains("'yesterday' is no time; write it as", error, StringComparison.Ordinal);
        (code, _, error) = await Walctl.RunAsync("restore", backup, In("x"), "--to-lsn", "0");
        Assert.Equal(2, code);
        Assert.Contains("--to-lsn must be 1 or more", error, StringComparison.Ordinal);
        (code, _, error) = await Walctl.RunAsync("restore", backup, In("x"), "--to-lsn", "101");
        Assert.Equal(2, code);
        Assert.Contains("The backup ends at LSN 100, before LSN 101", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("x")));
    }

    [Fact]
    public async Task Stats_counts_records_by_kind()
    {
        await FormatFixture.WriteAsync(_directory.Path);
        JsonElement stats = await JsonAsync("stats", _directory.Path);
        Assert.Equal(39, stats.GetProperty("kinds").EnumerateArray().Sum(k => k.GetProperty("records").GetInt64()));
        Assert.InRange(stats.GetProperty("liveBytes").GetInt64(), 1, stats.GetProperty("bytes").GetInt64());
        (int code, string output, _) = await Walctl.RunAsync("stats", _directory.Path);
        Assert.Equal(0, code);
        Assert.Contains("of them live", output, StringComparison.Ordinal);
    }

    private string In(string name) => Path.Combine(_backups.Path, name);

    private static async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        (int code, string output, string error) = await Walctl.RunAsync([.. arguments, "--json"]);
        Assert.Equal((0, ""), (code, error));
        return JsonDocument.Parse(output).RootElement;
    }

    private static async Task AppendAsync(LocalLogStore store, int count)
    {
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("s"), cancellationToken: TestContext.Current.CancellationToken);
        await stream.AppendManyAsync(count);
    }

    private async Task OverwriteAsync(int times)
    {
        await using LocalLogStore store = await _directory.OpenAsync(o => o with { Sync = SyncPolicy.Never, MaxDeadShare = 1 });
        var streams = new List<ILogStream>();
        for (int i = 0; i < 100; i++)
            streams.Add(await store.OpenAsync(new LogStreamId($"state/{i}"), new StreamOptions { Retention = Retention.Last }, TestContext.Current.CancellationToken));
        for (int i = 0; i < times; i++)
            await streams[i % streams.Count].AppendStateAsync(new EventData(new byte[800]), cancellationToken: TestContext.Current.CancellationToken);
    }
}
