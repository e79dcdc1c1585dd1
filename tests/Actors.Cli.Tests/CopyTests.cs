using System.Diagnostics;
using System.Text.Json;
using Actors.Wal.Local;
using Actors.Wal.Postgres;

namespace Actors.Cli.Tests;

public sealed class CopyTests(TestServer server) : IDisposable
{
    private const int Events = 160_000;

    /// <summary>The exit code that tells of SIGKILL.</summary>
    private const int Killed = 137;

    private readonly TestDirectory _directory = new();

    private string Source => Path.Combine(_directory.Path, "source");

    private string Back => Path.Combine(_directory.Path, "back");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_copy_there_and_back_is_the_same()
    {
        await WriteAsync(0);
        string schema = TestServer.NewSchema();
        (int code, string output, string error) = await Walctl.RunAsync("copy", Source, server.Address(schema));
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("│ verified                    │", output, StringComparison.Ordinal);
        Assert.Contains($"The new store is in '{server.Address(schema)}'.", output, StringComparison.Ordinal);
        (code, output, error) = await Walctl.RunAsync("copy", server.Address(schema), Back, "--json");
        Assert.Equal((0, ""), (code, error));
        JsonElement result = JsonDocument.Parse(output).RootElement;
        Assert.True(result.GetProperty("complete").GetBoolean());
        Assert.Equal(MixedStore.Names.Count + 301, result.GetProperty("streams").GetInt64());
        await RequireSameAsync();
        Assert.Equal(0, (await Walctl.RunAsync("verify", Back)).ExitCode);
        Assert.Equal(0, (await Walctl.RunAsync("verify", server.Address(schema))).ExitCode);
        (_, string before, _) = await Walctl.RunAsync("dump", Source, "truncated/1");
        (_, string after, _) = await Walctl.RunAsync("dump", Back, "truncated/1");
        Assert.Equal(Lines(before), Lines(after));
    }

    [Fact]
    public async Task A_copy_into_PostgreSQL_that_is_killed_goes_on()
    {
        await WriteAsync(Events);
        string schema = TestServer.NewSchema();
        await KilledAsync(() => RowsAsync(schema), () => CompleteAsync(schema), "copy", Source, server.Address(schema));
        using LocalLogReader before = await LocalLogReader.OpenAsync(Source);
        using PostgresLogReader after = await server.ReadAsync(schema);
        await MixedStore.RequireSameAsync(before, after);
        Assert.Equal(0, (await Walctl.RunAsync("verify", server.Address(schema))).ExitCode);
    }

    [Fact]
    public async Task A_copy_into_a_directory_that_is_killed_goes_on()
    {
        await WriteAsync(Events);
        string schema = TestServer.NewSchema();
        Assert.Equal(0, (await Walctl.RunAsync("copy", Source, server.Address(schema))).ExitCode);
        await KilledAsync(() => Task.FromResult(LogBytes(Back + ".partial")), () => Task.FromResult(Directory.Exists(Back)), "copy", server.Address(schema), Back);
        await RequireSameAsync();
        Assert.Equal(0, (await Walctl.RunAsync("verify", Back)).ExitCode);
    }

    [Fact]
    public async Task A_store_in_use_and_a_target_that_is_not_empty_are_refused()
    {
        await WriteAsync(0);
        string schema = TestServer.NewSchema();
        await using (await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = Source }))
        {
            (int inUse, _, string holder) = await Walctl.RunAsync("copy", Source, server.Address(schema));
            Assert.Equal(2, inUse);
            Assert.Contains("is in use by process", holder, StringComparison.Ordinal);
        }

        await using (PostgresLogStore store = await server.OpenAsync(schema))
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            await stream.AppendAsync(Payloads.Of(1));
        }

        (int code, _, string error) = await Walctl.RunAsync("copy", Source, server.Address(schema));
        Assert.Equal((2, $"walctl: Schema '{schema}' has a store with streams already. Name another schema."), (code, error));
        (code, _, error) = await Walctl.RunAsync("copy", server.Address(schema), Source);
        Assert.Equal(2, code);
        Assert.Contains("is there already and not empty", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_of_the_source_ends_the_copy_with_1()
    {
        await WriteAsync(1000);
        string segment = Directory.GetFiles(Path.Combine(Source, "segments"))[0];
        await using (FileStream file = File.Open(segment, FileMode.Open))
        {
            file.Position = 50_000;
            await file.WriteAsync(Enumerable.Repeat((byte)0xA5, 600).ToArray()); // more than the room between two batches
        }

        string schema = TestServer.NewSchema();
        (int code, _, string error) = await Walctl.RunAsync("copy", Source, server.Address(schema));
        Assert.Equal(1, code);
        Assert.Contains("does not validate", error, StringComparison.Ordinal);
        (code, _, error) = await Walctl.RunAsync("dump", server.Address(schema), "plain/1");
        Assert.Equal((2, $"walctl: There is no store in schema '{schema}'."), (code, error));
    }

    [Fact]
    public async Task An_incomplete_copy_can_be_inspected_but_not_dumped()
    {
        await WriteAsync(0);
        string schema = TestServer.NewSchema();
        await server.CountAsync($"CREATE SCHEMA {schema}");
        await (await server.OpenAsync(schema)).DisposeAsync();
        await server.CountAsync($"CREATE TABLE {schema}.copying AS SELECT 'the local store of a test'::text AS source, 1::bigint AS owner");
        (int code, _, string error) = await Walctl.RunAsync("dump", server.Address(schema), "plain/1");
        Assert.Equal((2, $"walctl: Schema '{schema}' holds a copy of the local store of a test that is not complete. Run 'walctl copy' again until it is, or drop the schema's tables."), (code, error));
        (code, string output, _) = await Walctl.RunAsync("inspect", server.Address(schema));
        Assert.Equal(0, code);
        Assert.Contains("a copy of the local store of a test", output, StringComparison.Ordinal);
        (code, _, error) = await Walctl.RunAsync("copy", Source, server.Address(schema));
        Assert.Equal(2, code);
        Assert.Contains("and not of the local store ", error, StringComparison.Ordinal);
    }

    private async Task WriteAsync(int events)
    {
        await using LocalLogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = Source, Sync = SyncPolicy.Never });
        await MixedStore.WriteAsync(store);
        ILogStream[] streams = [.. await Task.WhenAll(Enumerable.Range(0, 100).Select(i => store.OpenAsync(new LogStreamId($"load/{i}")).AsTask()))];
        await Task.WhenAll(streams.Select(async (stream, s) =>
        {
            for (int i = s; i < events; i += streams.Length)
                await stream.AppendAsync(Payloads.Of(i));
        }));
    }

    /// <summary>Kills the program whenever it has come a bit further, and lets it end; it may be done before it can be killed so often.</summary>
    private static async Task KilledAsync(Func<Task<long>> progress, Func<Task<bool>> complete, params string[] arguments)
    {
        int kills = 0;
        while (kills < 4 && !await complete())
        {
            long before = await progress();
            using Process process = Walctl.Start(arguments);
            while (!process.HasExited && await progress() <= before)
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            process.Kill();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode is 0 or Killed, $"{process.ExitCode}: {await process.StandardError.ReadToEndAsync()}");
            kills += process.ExitCode == Killed ? 1 : 0;
        }

        Assert.InRange(kills, 2, 4);
        if (await complete())
            return;
        (int code, string output, string error) = await Walctl.RunAsync(arguments);
        Assert.True(code == 0, output + error);
    }

    /// <summary>Events of a copy that is under way; 0 before and afterwards.</summary>
    private async Task<long> RowsAsync(string schema) => await TablesAsync(schema, "copying") == 0 ? 0 : await server.CountAsync($"SELECT count(*) FROM {schema}.event");

    /// <summary>The first events come after the note that a copy is under way, which goes when it is complete.</summary>
    private async Task<bool> CompleteAsync(string schema)
        => await TablesAsync(schema, "copying") == 0 && await TablesAsync(schema, "event") == 1 && await server.CountAsync($"SELECT count(*) FROM {schema}.event") > 0;

    private Task<long> TablesAsync(string schema, string name) => server.CountAsync($"SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}' AND tablename = '{name}'");

    private static long LogBytes(string directory)
    {
        using LocalLogReader? reader = Directory.Exists(Path.Combine(directory, "segments")) && File.Exists(Path.Combine(directory, "MANIFEST")) ? TryRead(directory) : null;
        return reader?.LastLsn.Value ?? 0;
    }

    private static LocalLogReader? TryRead(string directory)
    {
        try
        {
            return LocalLogReader.OpenAsync(directory).GetAwaiter().GetResult();
        }
        catch (IOException)
        {
            return null; // it is being written, or has got its name
        }
    }

    private async Task RequireSameAsync()
    {
        using LocalLogReader before = await LocalLogReader.OpenAsync(Source);
        using LocalLogReader after = await LocalLogReader.OpenAsync(Back);
        await MixedStore.RequireSameAsync(before, after);
    }

    /// <summary>A dump but for LSNs and epochs, which are new.</summary>
    private static IEnumerable<string> Lines(string dump) => dump.Trim().Split('\n').Select(l =>
    {
        JsonElement line = JsonDocument.Parse(l).RootElement;
        return string.Join(' ', line.EnumerateObject().Where(p => p.Name is not ("lsn" or "epoch")).Select(p => p.Value.GetRawText()));
    });
}
