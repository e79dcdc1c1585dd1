using Actors.Wal.Postgres.Inspection;
using Actors.Wal.Postgres.Tests.Servers;

namespace Actors.Wal.Postgres.Tests.Inspection;

public sealed class RowVerificationTests(TestServer server) : IAsyncLifetime
{
    private readonly TestSchemas _schemas = new(server);
    private PostgresLogStoreOptions _options = null!;

    public async ValueTask InitializeAsync()
    {
        // Events 1-3, 4-6, …, 28-30 in a row each, a checkpoint at 15 behind 15, and another owner behind 18.
        _options = _schemas.New();
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(_options);
        ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        for (int i = 1; i <= 30; i += 3)
        {
            await stream.AppendAsync([Payloads.Of(i), Payloads.Of(i + 1), Payloads.Of(i + 2)]);
            if (i == 13)
                await stream.CheckpointAsync(new Sequence(15), Payloads.Of("state"));
            if (i == 16)
                stream = await store.OpenAsync(new LogStreamId("a"));
        }
    }

    public ValueTask DisposeAsync() => _schemas.DisposeAsync();

    [Fact]
    public async Task A_store_as_it_was_written_is_right()
    {
        RowReport report = await VerifyAsync();
        Assert.Equal([], report.Problems);
        Assert.Equal((1L, 13L, 30L), (report.Streams, report.Rows, report.Events));
    }

    [Theory]
    [InlineData("DELETE FROM event WHERE seq = 7", "10/0: The rows from 7/0 on are missing; the one before is 4/0.")]
    [InlineData("DELETE FROM event WHERE seq = 1", "4/0: The rows before this one are missing; the stream keeps its events from 1 on.")]
    [InlineData("DELETE FROM event WHERE kind = 5", "16/1: The rows from 16/0 on are missing; the one before is 13/0.")]
    [InlineData("DELETE FROM event WHERE kind = 1; UPDATE event SET epoch = 1 WHERE seq >= 19", "19/1: The rows from 19/0 on are missing; the one before is 16/1.")]
    [InlineData("UPDATE event SET seq = 8 WHERE seq = 10", "8/0: The row overlaps the one before it, 7/0, behind which the stream goes on at 10/0.")]
    [InlineData("UPDATE event SET sub = 3 WHERE seq = 10", "10/3: The rows from 10/0 on are missing; the one before is 7/0.")]
    [InlineData("UPDATE event SET payload = substring(payload FROM 1 FOR 9) WHERE seq = 7", "7/0: Event 1 of 3 has 7 bytes, and the row 4 more.")]
    [InlineData("UPDATE event SET payload = payload || '\\x00' WHERE seq = 7", "7/0: The row has 1 bytes behind its 3 events.")]
    [InlineData("UPDATE event SET payload = NULL WHERE kind = 5", "16/0: The row has no payload.")]
    [InlineData("UPDATE event SET epoch = 5 WHERE seq = 7", "10/0: Its epoch is 1, and that of the row before it 5.")]
    [InlineData("UPDATE event SET owner = 5 WHERE seq = 7", "7/0: It is not of the owner that the row before it is of, and none has opened the stream in between.")]
    [InlineData("UPDATE event SET epoch = epoch + 1 WHERE seq >= 19", "19/0: A change of owner from epoch 1 to 3.")]
    [InlineData("UPDATE event SET recorded_at = recorded_at - interval '1 hour' WHERE seq = 7", "7/0: It is of")]
    [InlineData("UPDATE event SET first_seq = 20 WHERE seq = 28", "28/0: The stream keeps its events from 20 on, and no checkpoint stands for those before.")]
    [InlineData("UPDATE event SET first_seq = 4 WHERE seq = 7", "10/0: The stream is said to keep its events from 1 on, and had dropped those before 4.")]
    [InlineData("UPDATE event SET checkpoint_seq = 12 WHERE seq = 22", "22/0: Its last checkpoint is at 12, and was at 15.")]
    [InlineData("UPDATE event SET base_sub = 9 WHERE seq = 28", "28/0: The stream's last checkpoint is said to be in row 16/9, and the last row with one is 16/0.")]
    [InlineData("UPDATE event SET base_seq = NULL, base_sub = NULL WHERE seq = 22", "22/0: It names none as the row of the last checkpoint, which is 16/0.")]
    [InlineData("UPDATE event SET kind = 77 WHERE seq = 7", "7/0: There are no rows of kind 77.")]
    [InlineData("UPDATE event SET count = 0 WHERE seq = 28", "28/0: A row of kind Events can't hold 0 events.")]
    [InlineData("DELETE FROM event", "0/0: The stream has no row: its last one, which says where it stands, is missing.")]
    [InlineData("UPDATE stream SET deleted_at = now()", "28/0: The stream's name was given up, and its last row does not say that it was deleted.")]
    public async Task Inconsistent_rows_are_named(string change, string problem)
    {
        await _schemas.ExecuteAsync($"SET search_path TO {_options.Schema}; {change}; SET search_path TO DEFAULT");
        Assert.Contains((await VerifyAsync()).Problems.Select(p => $"{p.Seq}/{p.Sub}: {p.What}"), p => p.StartsWith(problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("seq = 1")]
    [InlineData("seq = 19")]
    [InlineData("kind = 1")]
    public async Task Fences_with_a_row_behind_them_may_be_gone(string which)
    {
        await _schemas.ExecuteAsync($"DELETE FROM {_options.Schema}.event WHERE kind = 1 AND {which}");
        Assert.Equal([], (await VerifyAsync()).Problems);
    }

    [Fact]
    public async Task Orphaned_rows_are_named()
    {
        await _schemas.ExecuteAsync($"DELETE FROM {_options.Schema}.stream");
        RowProblem problem = Assert.Single((await VerifyAsync()).Problems);
        Assert.Equal("The row is of no stream that is known.", problem.What);
    }

    [Fact]
    public async Task Rows_before_the_first_event_may_be_missing()
    {
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(_options))
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            await stream.TruncateAsync(new Sequence(14));
            ILogStream deleted = await store.OpenAsync(new LogStreamId("b"));
            await deleted.AppendManyAsync(3);
            await deleted.DeleteAsync();
        }

        await _schemas.ExecuteAsync($"DELETE FROM {_options.Schema}.event e USING {_options.Schema}.stream s WHERE s.id = e.stream_id AND (seq < 13 AND convert_from(name, 'UTF8') = 'a' OR seq = 2)");
        RowReport report = await VerifyAsync();
        Assert.Equal([], report.Problems);
        Assert.Equal(1, report.Streams);
        await _schemas.ExecuteAsync($"DELETE FROM {_options.Schema}.event WHERE seq = 13");
        Assert.Equal("The rows before this one are missing; the stream keeps its events from 14 on.", Assert.Single((await VerifyAsync()).Problems).What);
    }

    [Fact]
    public async Task A_changed_but_well_formed_payload_is_not_detected()
    {
        await _schemas.ExecuteAsync($"UPDATE {_options.Schema}.event SET payload = set_byte(payload, 8, 255) WHERE seq = 7");
        Assert.Empty((await VerifyAsync()).Problems);
    }

    [Fact]
    public async Task A_verification_beside_silos_finds_nothing()
    {
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(_options);
        using var stop = new CancellationTokenSource();
        Task[] writers = [.. Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId($"w/{i}"));
            while (!stop.IsCancellationRequested)
                await stream.AppendAsync(Payloads.Of(i));
        }))];
        for (int i = 0; i < 5; i++)
            Assert.Equal([], (await VerifyAsync()).Problems);
        await stop.CancelAsync();
        await Task.WhenAll(writers);
    }

    private Task<RowReport> VerifyAsync() => new RowVerification(_options).RunAsync(CancellationToken.None);
}
