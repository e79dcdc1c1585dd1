using System.Diagnostics;
using System.Text.Json;
using Actors.Wal.Postgres;

namespace Actors.Cli.Tests;

public sealed class PostgresTests(TestServer server) : IAsyncLifetime
{
    private readonly string _schema = TestServer.NewSchema();

    private string Address => server.Address(_schema);

    public async ValueTask InitializeAsync()
    {
        await using PostgresLogStore store = await server.OpenAsync(_schema);
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("account/1"));
        await stream.AppendManyAsync(5);
        await stream.CheckpointAsync(new Sequence(4), Payloads.Of("state"));
        await using ILogStream other = await store.OpenAsync(new LogStreamId("other"));
        await other.AppendStateAsync(Payloads.Of("state 1"));
        ILogStream deleted = await store.OpenAsync(new LogStreamId("deleted"));
        await deleted.AppendAsync(Payloads.Of(1));
        await deleted.DeleteAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Inspect_shows_tables_and_streams()
    {
        (int code, string output, string error) = await Walctl.RunAsync("inspect", Address, "--streams", "acc");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains($"│ Store                     │ {Address} ", output, StringComparison.Ordinal);
        Assert.Contains("│ events kept               │ 6 ", output, StringComparison.Ordinal);
        Assert.Contains("│ deleted streams           │ 1 ", output, StringComparison.Ordinal);
        Assert.Contains("│ account/1 │    5 │     1 │          4 │", output, StringComparison.Ordinal);
        Assert.DoesNotContain("│ other", output, StringComparison.Ordinal);
        (code, output, _) = await Walctl.RunAsync("inspect", Address, "--streams", "--json");
        Assert.Equal(0, code);
        JsonElement store = JsonDocument.Parse(output).RootElement;
        Assert.Equal(["event", "spent_fence", "stream", "trim"], store.GetProperty("tables").EnumerateArray().Select(t => t.GetProperty("table").GetString()));
        Assert.Equal(["account/1", "other"], store.GetProperty("streamList").EnumerateArray().Select(s => s.GetProperty("stream").GetString()));
        Assert.Equal(4, store.GetProperty("server").GetProperty("schemaVersion").GetInt32());
    }

    [Fact]
    public async Task Inspect_names_the_transaction_that_the_change_feed_waits_for()
    {
        await using Npgsql.NpgsqlConnection connection = await server.Options(_schema).DataSource.OpenConnectionAsync();
        await using Npgsql.NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using (var write = new Npgsql.NpgsqlCommand("SET application_name = 'a slow one'; SELECT pg_current_xact_id()", connection))
            await write.ExecuteNonQueryAsync();
        (_, string output, _) = await Walctl.RunAsync("inspect", Address);
        Assert.Contains($"process {connection.ProcessID} of postgres, a slow one, idle in transaction, since", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stats_count_records_by_kind()
    {
        (int code, string output, _) = await Walctl.RunAsync("stats", Address, "--json");
        Assert.Equal(0, code);
        JsonElement[] kinds = [.. JsonDocument.Parse(output).RootElement.GetProperty("kinds").EnumerateArray()];
        Assert.Equal(["Events 6", "Fence 3", "State 1", "Tombstone 1", "Checkpoint 1"], kinds.Select(k => $"{k.GetProperty("kind").GetString()} {k.GetProperty("records").GetInt64()}"));
        (code, output, _) = await Walctl.RunAsync("stats", Address);
        Assert.Equal(0, code);
        Assert.Contains("of them live", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dump_shows_events_and_follows()
    {
        (int code, string output, string error) = await Walctl.RunAsync("dump", Address, "account/1", "--from", "2", "--to", "3");
        Assert.Equal((0, ""), (code, error));
        Assert.Equal([2, 3], Sequences(output));
        (_, output, _) = await Walctl.RunAsync("dump", Address, "account/1", "--checkpoint");
        Assert.Equal([4, 5], Sequences(output));
        (code, _, error) = await Walctl.RunAsync("dump", Address, "nobody");
        Assert.Equal((2, $"walctl: There is no stream 'nobody' in '{Address}'. inspect --streams lists them."), (code, error));

        using Process process = Walctl.Start("dump", Address, "account/1", "--checkpoint", "--follow");
        await using PostgresLogStore store = await server.OpenAsync(_schema);
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("account/1"));
        for (long sequence = 4; sequence <= 8; sequence++)
        {
            string? line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(sequence, JsonDocument.Parse(line!).RootElement.GetProperty("sequence").GetInt64());
            await stream.AppendAsync(Payloads.Of("more"));
        }

        process.Kill();
    }

    [Fact]
    public async Task Verify_names_rows_that_are_not_right()
    {
        (int code, string output, string error) = await Walctl.RunAsync("verify", Address);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("│ problems         │  0 │", output, StringComparison.Ordinal);
        await server.CountAsync($"DELETE FROM {_schema}.event WHERE seq = 3 RETURNING seq");
        (code, output, _) = await Walctl.RunAsync("verify", Address);
        Assert.Equal(1, code);
        Assert.Contains("stream 'account/1', row 4/0: The rows from 3/0 on are missing; the one before is 2/0.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Skip_works_beside_silos()
    {
        await using PostgresLogStore silo = await server.OpenAsync(_schema);
        await using ILogStream stream = await silo.OpenAsync(new LogStreamId("account/1"));
        (int code, string output, _) = await Walctl.RunAsync("skip", Address, "account/1", "5", "--reason", "for a test");
        Assert.Equal(0, code);
        Assert.Contains($"'walctl dump {Address} actors/skipped-events' shows all that are.", output, StringComparison.Ordinal);
        Assert.Equal("for a test", Assert.Single(await SkippedEvents.ReadAsync(silo)).Reason);
        Assert.True(stream.IsOwner);
        (code, _, string error) = await Walctl.RunAsync("skip", Address, "account/1", "77", "--reason", "for a test");
        Assert.Equal(2, code);
        Assert.Contains("has the events 1 to 5, and not 77.", error, StringComparison.Ordinal);
        (code, output, _) = await Walctl.RunAsync("skip", Address, "account/1", "3", "--reason", "for a test");
        Assert.Equal(0, code);
        Assert.Contains("The checkpoint at 4 includes it: it stays in the grain's state unless that is rebuilt.", output, StringComparison.Ordinal);
        (code, _, _) = await Walctl.RunAsync("skip", Address, "account/1", "3", "--undo", "--reason", "for a test");
        Assert.Equal(0, code);
        (code, output, _) = await Walctl.RunAsync("skip", Address, "account/1", "5", "--undo", "--reason", "it was right");
        Assert.Equal(0, code);
        Assert.Contains("Event 5 of 'account/1' is passed over no longer", output, StringComparison.Ordinal);
        Assert.Empty(await SkippedEvents.ReadAsync(silo));
        (code, _, error) = await Walctl.RunAsync("skip", Address, "account/1", "5", "--undo", "--reason", "again");
        Assert.Equal(2, code);
        Assert.Contains("is not passed over", error, StringComparison.Ordinal);
        Assert.True(stream.IsOwner);
    }

    [Fact]
    public async Task A_checkpoint_is_dropped_where_all_events_are_kept()
    {
        (int code, string output, _) = await Walctl.RunAsync("checkpoint", "--drop", Address, "account/1");
        Assert.Equal(0, code);
        Assert.Contains("The checkpoint of 'account/1' at event 4 is dropped.", output, StringComparison.Ordinal);
        (code, _, string error) = await Walctl.RunAsync("checkpoint", Address, "account/1");
        Assert.Equal(2, code);
        Assert.Contains("does nothing without --drop", error, StringComparison.Ordinal);
        (code, _, error) = await Walctl.RunAsync("checkpoint", "--drop", Address, "other");
        Assert.Equal(2, code);
        Assert.Contains("holds states, not events", error, StringComparison.Ordinal);
        (code, _, error) = await Walctl.RunAsync("checkpoint", "--drop", Address, "nowhere");
        Assert.Equal(2, code);
        Assert.Contains("There is no stream 'nowhere'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_is_named_by_keywords_too()
    {
        (int code, string output, string error) = await Walctl.RunAsync("inspect", $"{server.ConnectionString};Schema={_schema}");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("events kept", output, StringComparison.Ordinal);
        (code, _, error) = await Walctl.RunAsync("inspect", $"{Address}&sslmode=prefer&application_name=mine&connect_timeout=5&Command%20Timeout=7");
        Assert.Equal((0, ""), (code, error));
    }

    [Fact]
    public async Task A_schema_without_a_store_is_told_and_nothing_is_created()
    {
        string nothing = TestServer.NewSchema();
        foreach (string[] command in new string[][] { ["inspect"], ["stats"], ["verify"], ["dump", "a"], ["skip", "a", "1", "--reason", "none"], ["copy", "/tmp/never-there"] })
        {
            (int code, string output, string error) = await Walctl.RunAsync([command[0], server.Address(nothing), .. command[1..]]);
            Assert.Equal((2, "", $"walctl: There is no store in schema '{nothing}'."), (code, output, error));
        }

        Assert.Equal(0, await server.CountAsync($"SELECT count(*) FROM pg_namespace WHERE nspname = '{nothing}'"));
    }

    [Theory]
    [InlineData("The store in schema 'actors' can't be read: Failed to connect to 127.0.0.1:1", "inspect", "postgres://nobody:topsecret@127.0.0.1:1/bank")]
    [InlineData("The store in schema 'other' can't be read: Failed to connect to 127.0.0.1:1", "dump", "Host=127.0.0.1;Port=1;Username=nobody;Password=topsecret;Schema=other", "a")]
    [InlineData("'mysql://db/bank' is no store: name a directory, or postgres://USER@HOST/DATABASE?schema=actors.", "verify", "mysql://db/bank")]
    [InlineData("'bogus' is nothing that a PostgreSQL store's address can say", "stats", "postgres://a:topsecret@db/bank?bogus=1")]
    [InlineData("'sslmode' of a PostgreSQL store can't be 'maybe'.", "stats", "postgres://a:topsecret@db/bank?sslmode=maybe")]
    [InlineData("'port' of a PostgreSQL store can't be 'x'.", "stats", "Host=db;Port=x;Password=topsecret")]
    [InlineData("'postgres:///bank?password=***' names no host", "inspect", "postgres:///bank?password=topsecret")]
    [InlineData("'postgres://a:***@db:port/bank' is no URI", "inspect", "postgres://a:topsecret@db:port/bank")]
    [InlineData("Unrecognized command or argument 'postgres://a:***@db/bank'", "inspect", "/data", "postgres://a:topsecret@db/bank")]
    [InlineData("This command is for stores in directories. A PostgreSQL store is backed up with its server: pg_dump", "backup", "postgres://a:topsecret@db/bank", "/backup")]
    [InlineData("This command is for stores in directories. A PostgreSQL store is restored with its server: pg_restore", "restore", "/backup", "postgres://a:topsecret@db/bank")]
    [InlineData("This command is for stores in directories. In PostgreSQL the silos delete what no stream keeps", "compact", "postgres://a:topsecret@db/bank")]
    [InlineData("This command is for stores in directories. A PostgreSQL store has no index of its own", "save-index", "postgres://a:topsecret@db/bank")]
    [InlineData("This command is for stores in directories. Restore a backup", "salvage", "postgres://a:topsecret@db/bank", "/new")]
    [InlineData("This command is for stores in directories. For PostgreSQL, run it on the disk", "bench", "Host=db;Password=topsecret")]
    public async Task Misuse_gets_a_line_and_exit_code_2_and_no_password(string message, params string[] arguments)
    {
        (int code, string output, string error) = await Walctl.RunAsync(arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith($"walctl: {message}", error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
        Assert.DoesNotContain("topsecret", error, StringComparison.Ordinal);
    }

    private static IEnumerable<long> Sequences(string output)
        => output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement.GetProperty("sequence").GetInt64());
}
