using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Actors.Wal.Local;
using MessagePack;

namespace Actors.Cli.Tests;

public sealed class ReadingTests : IDisposable
{
    private const byte MessagePackCodec = 1;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Control_characters_of_a_name_are_spelled_out()
    {
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = _directory.Path }, TestContext.Current.CancellationToken))
        await using (ILogStream stream = await store.OpenAsync(new LogStreamId("zz/a\nb\u001b[2J/log"), cancellationToken: TestContext.Current.CancellationToken))
            await stream.AppendAsync(Payloads.Of(1), cancellationToken: TestContext.Current.CancellationToken);
        (int code, string output, _) = await Walctl.RunAsync("inspect", _directory.Path, "--streams", "zz/");
        Assert.Equal(0, code);
        Assert.Contains(@"│ zz/a\nb\u001b[2J/log │", output, StringComparison.Ordinal);
        (code, _, string error) = await Walctl.RunAsync("dump", _directory.Path, "no\nsuch");
        Assert.Equal(2, code);
        Assert.Contains(@"There is no stream 'no\nsuch'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_shows_segments_and_streams()
    {
        await FormatFixture.WriteAsync(_directory.Path);
        (int code, string output, string error) = await Walctl.RunAsync("inspect", _directory.Path, "--streams");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("00112233-4455-6677-8899-aabbccddeeff", output, StringComparison.Ordinal);
        Assert.Contains("│       2 │  log │ 20,688 │ 21,504 │        36 │       39 │       4 │", output, StringComparison.Ordinal);
        Assert.Contains("│ account/1/account │   33 │     5 │         18 │", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_gives_JSON_and_keeps_to_a_prefix()
    {
        await FormatFixture.WriteAsync(_directory.Path);
        (int code, string output, _) = await Walctl.RunAsync("inspect", _directory.Path, "--streams", "account/", "--json");
        Assert.Equal(0, code);
        JsonElement store = JsonDocument.Parse(output).RootElement;
        Assert.True(store.GetProperty("closed").GetBoolean());
        Assert.Equal(39, store.GetProperty("lastLsn").GetInt64());
        Assert.Equal(2, store.GetProperty("segments").GetArrayLength());
        JsonElement stream = Assert.Single(store.GetProperty("streamList").EnumerateArray());
        Assert.Equal("account/1/account", stream.GetProperty("stream").GetString());
        Assert.Equal(18, stream.GetProperty("checkpoint").GetInt64());
    }

    [Fact]
    public async Task Dump_shows_events_without_their_types()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            ILogStream stream = await store.OpenAsync(new LogStreamId("account/7"));
            for (int i = 1; i <= 5; i++)
                await stream.AppendAsync(new EventData(MessagePackSerializer.Serialize<object[]>(["deposited", i, "ž"]), MessagePackCodec));
            await stream.CheckpointAsync(new Sequence(4), new EventData(new byte[] { 1, 2, 3 }, 9));
        }

        (int code, string output, _) = await Walctl.RunAsync("dump", _directory.Path, "account/7", "--from", "2", "--to", "3");
        Assert.Equal(0, code);
        JsonElement[] events = [.. output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal([2, 3], events.Select(e => e.GetProperty("sequence").GetInt64()));
        Assert.Equal("""["deposited",2,"ž"]""", events[0].GetProperty("value").GetRawText());

        (_, output, _) = await Walctl.RunAsync("dump", _directory.Path, "account/7", "--checkpoint");
        events = [.. output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(["Checkpoint", "Event"], events.Select(e => e.GetProperty("kind").GetString()));
        Assert.Equal("AQID", events[0].GetProperty("payload").GetString());
    }

    [Fact]
    public async Task Dump_shows_idempotency_keys_apart_from_what_they_stand_in_front_of()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            ILogStream stream = await store.OpenAsync(new LogStreamId("account/7"));
            var keyed = new ArrayBufferWriter<byte>();
            KeyedPayload.Write(keyed, "pay-1");
            keyed.Write<byte>(MessagePackSerializer.Serialize<object[]>(["deposited", 5]));
            await stream.AppendAsync(new EventData(keyed.WrittenMemory, MessagePackCodec | KeyedPayload.CodecFlag));
            var state = new ArrayBufferWriter<byte>();
            KeyedPayload.Write(state, [new KeyValuePair<string, Sequence>("pay-1", new Sequence(1))]);
            state.Write<byte>(MessagePackSerializer.Serialize<object[]>([5]));
            await stream.CheckpointAsync(new Sequence(1), new EventData(state.WrittenMemory, MessagePackCodec | KeyedPayload.CodecFlag));
        }

        (_, string output, _) = await Walctl.RunAsync("dump", _directory.Path, "account/7", "--from", "1");
        JsonElement line = JsonDocument.Parse(output).RootElement;
        Assert.Equal("pay-1", line.GetProperty("idempotencyKey").GetString());
        Assert.Equal("""["deposited",5]""", line.GetProperty("value").GetRawText());
        (_, output, _) = await Walctl.RunAsync("dump", _directory.Path, "account/7", "--checkpoint");
        line = JsonDocument.Parse(output).RootElement;
        Assert.Equal("""{"pay-1":1}""", line.GetProperty("idempotencyKeys").GetRawText());
        Assert.Equal("[5]", line.GetProperty("value").GetRawText());
    }

    [Fact]
    public async Task Dump_follows_a_stream_that_grows()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await stream.AppendAsync(Payloads.Of(1));
        using Process process = Walctl.Start("dump", _directory.Path, "a", "--follow");
        for (long sequence = 1; sequence <= 5; sequence++)
        {
            string? line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(sequence, JsonDocument.Parse(line!).RootElement.GetProperty("sequence").GetInt64());
            await stream.AppendAsync(Payloads.Of((int)sequence + 1));
        }

        process.Kill();
    }

    [Fact]
    public async Task Verify_says_that_all_is_right()
    {
        await FormatFixture.WriteAsync(_directory.Path);
        (int code, string output, string error) = await Walctl.RunAsync("verify", _directory.Path);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("│ problems │      0 │", output, StringComparison.Ordinal);
        Assert.Contains("│ frames   │     39 │", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_names_every_damage_with_file_and_offset()
    {
        await FormatFixture.WriteAsync(_directory.Path);
        Flip(_directory.Segments[0], 30_000);
        Flip(_directory.Segments[1], 600);
        (int code, string output, _) = await Walctl.RunAsync("verify", _directory.Path, "--json");
        Assert.Equal(1, code);
        JsonElement[] problems = [.. JsonDocument.Parse(output).RootElement.GetProperty("problems").EnumerateArray()];
        Assert.Equal(["segments/0000000001.wal", "segments/0000000002.wal"], problems.Select(p => p.GetProperty("file").GetString()));
        Assert.InRange(problems[0].GetProperty("offsetBytes").GetInt64(), 20_000, 30_000);
        Assert.Equal(512, problems[1].GetProperty("offsetBytes").GetInt64());

        (code, _, string error) = await Walctl.RunAsync("inspect", _directory.Path);
        Assert.Equal(1, code);
        Assert.Contains("segments/0000000001.wal", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_finds_a_missing_segment_and_a_wrong_snapshot()
    {
        LocalLogStoreOptions options = _directory.Options with { SegmentBytes = 64 * 1024, MaxBatchBytes = 16 * 1024, MaxRecordBytes = 8 * 1024, IndexSnapshotBytes = 64 * 1024 };
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(options))
        {
            ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            for (int i = 0; i < 60; i++)
                await stream.AppendAsync(new EventData(new byte[7000]));
            while (Snapshots().Length == 0)
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Assert.Equal(0, (await Walctl.RunAsync("verify", _directory.Path)).ExitCode);
        Flip(Snapshots()[^1], 530);
        (int code, string output, _) = await Walctl.RunAsync("verify", _directory.Path);
        Assert.Equal(1, code);
        Assert.Contains("The log does not need it: delete the file.", output, StringComparison.Ordinal);
        File.Delete(Snapshots()[^1]);
        File.Delete(_directory.Segments[2]);
        (code, output, _) = await Walctl.RunAsync("verify", _directory.Path);
        Assert.Equal(1, code);
        Assert.Contains("segments/0000000003.wal, offset 0: The segment is missing.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_in_use_is_read_without_disturbing_it()
    {
        LocalLogStoreOptions options = _directory.Options with { SegmentBytes = 64 * 1024, MaxBatchBytes = 16 * 1024, MaxRecordBytes = 8 * 1024, IndexSnapshotBytes = 64 * 1024 };
        await using LocalLogStore store = await LocalLogStore.OpenAsync(options);
        using var stop = new CancellationTokenSource();
        Task[] writers = [.. Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            ILogStream stream = await store.OpenAsync(new LogStreamId($"s{i}"));
            while (!stop.IsCancellationRequested)
                await stream.AppendAsync(new EventData(new byte[200]));
        }))];
        for (int i = 0; i < 8; i++)
        {
            (int code, string output, string error) = await Walctl.RunAsync("verify", _directory.Path);
            Assert.True(code == 0, output + error);
            (code, output, error) = await Walctl.RunAsync("inspect", _directory.Path, "--streams");
            Assert.True(code == 0, output + error);
            Assert.Contains("no: in use", output, StringComparison.Ordinal);
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
    }

    [Theory]
    [InlineData("There is no store in '/nowhere'", "inspect", "/nowhere")]
    [InlineData("There is no store in '/nowhere'", "verify", "/nowhere")]
    [InlineData("Required argument missing", "dump", "/nowhere")]
    [InlineData("Unrecognized command or argument '--bogus'", "inspect", "/nowhere", "--bogus")]
    public async Task Misuse_gets_a_line_and_exit_code_2(string message, params string[] arguments)
    {
        (int code, string output, string error) = await Walctl.RunAsync(arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains($"walctl: {message}", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_shows_the_streams_that_can_be_read_and_then_says_where_the_damage_is()
    {
        using var directory = new TestDirectory();
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(directory.Options, TestContext.Current.CancellationToken))
        {
            foreach (string name in (string[])["good", "harmed"])
            {
                await using ILogStream stream = await store.OpenAsync(new LogStreamId(name), cancellationToken: TestContext.Current.CancellationToken);
                await stream.AppendAsync(Payloads.Of("text of " + name), cancellationToken: TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(0, (await Walctl.RunAsync("save-index", directory.Path)).ExitCode);
        byte[] bytes = await File.ReadAllBytesAsync(directory.Segments[0], TestContext.Current.CancellationToken);
        bytes[bytes.AsSpan().IndexOf("text of harmed"u8)] ^= 1;
        await File.WriteAllBytesAsync(directory.Segments[0], bytes, TestContext.Current.CancellationToken);
        (int code, string output, string error) = await Walctl.RunAsync("inspect", directory.Path, "--streams");
        Assert.Equal(1, code);
        Assert.Contains("good", output, StringComparison.Ordinal);
        Assert.DoesNotContain("harmed", output, StringComparison.Ordinal);
        Assert.Contains("1 damaged streams can't be listed; all others were given.", error, StringComparison.Ordinal);
        Assert.Contains("segments/0000000001.wal", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_is_not_there_is_named()
    {
        await FormatFixture.WriteAsync(_directory.Path);
        (int code, _, string error) = await Walctl.RunAsync("dump", _directory.Path, "nobody");
        Assert.Equal(2, code);
        Assert.Contains("There is no stream 'nobody'", error, StringComparison.Ordinal);
    }

    private string[] Snapshots() => [.. Directory.EnumerateFiles(Path.Combine(_directory.Path, "index"), "*.idx").Order(StringComparer.Ordinal)];

    private static void Flip(string file, long offset)
    {
        using FileStream stream = File.Open(file, FileMode.Open);
        stream.Position = offset;
        int value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 1));
    }
}
