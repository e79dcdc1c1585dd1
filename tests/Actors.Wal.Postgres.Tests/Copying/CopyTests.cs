using Actors.Wal.Copying;
using Actors.Wal.Local;
using Actors.Wal.Postgres.Inspection;
using Actors.Wal.Postgres.Tests.Servers;

namespace Actors.Wal.Postgres.Tests.Copying;

public sealed class CopyTests(TestServer server) : IAsyncLifetime
{
    private readonly TestSchemas _schemas = new(server);
    private readonly TestDirectory _directory = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _schemas.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_local_store_is_the_same_in_PostgreSQL_and_back()
    {
        string local = await WriteLocalAsync();
        PostgresLogStoreOptions options = _schemas.New();
        CopyReport report = await CopyAsync(LogStoreCopy.From(local), PostgresLogStoreCopy.To(options));
        Assert.Equal([], report.Differences);
        Assert.True(report.IsComplete);
        Assert.Equal(MixedStore.Names.Count + 301, report.Streams);
        Assert.Empty((await new RowVerification(options).RunAsync(CancellationToken.None)).Problems);
        await RequireSameAsync(local, options);

        string back = Path.Combine(_directory.Path, "back");
        CopyReport second = await CopyAsync(PostgresLogStoreCopy.From(options), LogStoreCopy.To(back));
        Assert.True(second.IsComplete);
        Assert.Equal((report.Streams, report.Events, report.Checkpoints, report.Bytes), (second.Streams, second.Events, second.Checkpoints, second.Bytes));
        await RequireSameAsync(back, options);
        await RequireSameAsync(local, back);
        await RequireOpenAsync(local, back);
    }

    [Fact]
    public async Task A_store_of_PostgreSQL_is_the_same_in_a_directory_and_back()
    {
        PostgresLogStoreOptions options = _schemas.New();
        await WritePostgresAsync(options);
        Assert.Empty((await new RowVerification(options).RunAsync(CancellationToken.None)).Problems);
        string local = Path.Combine(_directory.Path, "local");
        CopyReport report = await CopyAsync(PostgresLogStoreCopy.From(options), LogStoreCopy.To(local));
        Assert.Equal([], report.Differences);
        Assert.True(report.IsComplete);
        await RequireSameAsync(local, options);
        PostgresLogStoreOptions back = _schemas.New();
        Assert.True((await CopyAsync(LogStoreCopy.From(local), PostgresLogStoreCopy.To(back))).IsComplete);
        await RequireSameAsync(local, back);
    }

    [Fact]
    public async Task Trimmed_rows_and_partitions_make_no_difference()
    {
        PostgresLogStoreOptions options = _schemas.New() with { Partitions = 3 };
        await WritePostgresAsync(options);
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options))
        {
            await _schemas.ExecuteAsync($"UPDATE {options.Schema}.event SET recorded_at = recorded_at - interval '1 hour'; UPDATE {options.Schema}.trim SET since = since - interval '1 hour'");
            Assert.True(await store.TrimAsync(CancellationToken.None) > 0);
        }

        Assert.Empty((await new RowVerification(options).RunAsync(CancellationToken.None)).Problems);
        PostgresLogStoreOptions other = _schemas.New() with { Partitions = 2 };
        CopyReport report = await CopyAsync(PostgresLogStoreCopy.From(options), PostgresLogStoreCopy.To(other));
        Assert.True(report.IsComplete);
        Assert.Empty((await new RowVerification(other).RunAsync(CancellationToken.None)).Problems);
        using PostgresLogReader before = await PostgresLogReader.OpenAsync(options);
        using PostgresLogReader after = await PostgresLogReader.OpenAsync(other);
        await MixedStore.RequireSameAsync(before, after);
    }

    [Fact]
    public async Task A_copied_store_goes_on_where_the_old_one_ended()
    {
        string local = await WriteLocalAsync();
        PostgresLogStoreOptions options = _schemas.New();
        await CopyAsync(LogStoreCopy.From(local), PostgresLogStoreCopy.To(options));
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options))
        {
            await using LocalLogStore old = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = local });

            // Of a checkpoint that was taken late, the two kinds of store make different use, to the same effect.
            foreach (string name in new[] { "truncated/1", "truncated/2", "based/on-state", "state/all" })
                await MixedStore.RequireSamePastAsync(old, store, name);
            foreach (string name in MixedStore.Names)
            {
                await using ILogStream before = await old.OpenAsync(new LogStreamId(name));
                await using ILogStream stream = await store.OpenAsync(new LogStreamId(name));
                Assert.Equal((before.Head, before.First, before.Checkpoint), (stream.Head, stream.First, stream.Checkpoint));
                AppendResult result = await stream.AppendAsync(Payloads.Of("next"), before.Head);
                Assert.Equal(before.Head.Next, result.First);
                await stream.CheckpointAsync(stream.Head, Payloads.Of("state"));
                Assert.Equal("state", (await stream.ReplayAsync().ToListAsync())[0].Text());
            }

            Assert.Equal("for a test", Assert.Single(await SkippedEvents.ReadAsync(store)).Reason);
            List<LogRecord> feed = await store.SubscribeAsync(Lsn.Zero).Where(r => r.Stream.Value == "plain/1").Take(43).ToListAsync();
            Assert.Equal(Enumerable.Range(1, 43), feed.Select(r => (int)r.Sequence.Value));
        }

        Assert.Empty((await new RowVerification(options).RunAsync(CancellationToken.None)).Problems);
    }

    [Fact]
    public async Task A_compacted_and_compressed_store_is_the_same()
    {
        string path = Path.Combine(_directory.Path, "source");
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = path, SegmentBytes = 3 * 1024 * 1024, MaxBatchBytes = 1536 * 1024, MaxRecordBytes = 1280 * 1024 }))
        {
            await MixedStore.WriteAsync(store);
            await using ILogStream more = await store.OpenAsync(new LogStreamId("more"));
            for (int i = 0; i < 3; i++)
                await more.AppendAsync(new EventData(new byte[1024 * 1024]));
            Assert.True((await store.CompactAsync(compress: true)).Segments > 0);
        }

        Assert.NotEmpty(Directory.GetFiles(Path.Combine(path, "segments"), "*.cold"));
        PostgresLogStoreOptions options = _schemas.New();
        Assert.True((await CopyAsync(LogStoreCopy.From(path), PostgresLogStoreCopy.To(options))).IsComplete);
        await RequireSameAsync(path, options);
    }

    [Fact]
    public async Task Only_streams_of_a_prefix_are_copied()
    {
        string local = await WriteLocalAsync();
        PostgresLogStoreOptions options = _schemas.New();
        CopyReport report = await CopyAsync(LogStoreCopy.From(local), PostgresLogStoreCopy.To(options), new CopyOptions { Prefix = "truncated/" });
        Assert.Equal((true, 3L), (report.IsComplete, report.Streams));
        string back = Path.Combine(_directory.Path, "back");
        report = await CopyAsync(PostgresLogStoreCopy.From(options), LogStoreCopy.To(back), new CopyOptions { Prefix = "truncated/w" });
        Assert.Equal((true, 1L, 0L, 1L), (report.IsComplete, report.Streams, report.Events, report.Checkpoints));
    }

    [Fact]
    public async Task A_store_without_streams_is_copied()
    {
        PostgresLogStoreOptions options = _schemas.New();
        await (await PostgresLogStore.OpenAsync(options)).DisposeAsync();
        string local = Path.Combine(_directory.Path, "local");
        Assert.True((await CopyAsync(PostgresLogStoreCopy.From(options), LogStoreCopy.To(local))).IsComplete);
        Assert.True((await CopyAsync(LogStoreCopy.From(local), PostgresLogStoreCopy.To(_schemas.New()))).IsComplete);
    }

    [Fact]
    public async Task A_record_larger_than_the_usual_batch_finds_room()
    {
        PostgresLogStoreOptions options = _schemas.New() with { MaxRecordBytes = 16 * 1024 * 1024, MaxBatchBytes = 16 * 1024 * 1024 };
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options))
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            await stream.AppendManyAsync(3);
            await stream.AppendAsync(new EventData(new byte[12 * 1024 * 1024]));
            await stream.AppendManyAsync(3);
        }

        string local = Path.Combine(_directory.Path, "local");
        Assert.True((await CopyAsync(PostgresLogStoreCopy.From(options), LogStoreCopy.To(local))).IsComplete);
        await RequireSameAsync(local, options);
    }

    private async Task<string> WriteLocalAsync()
    {
        string path = Path.Combine(_directory.Path, "source");
        await using LocalLogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = path });
        await MixedStore.WriteAsync(store);
        return path;
    }

    private static async Task WritePostgresAsync(PostgresLogStoreOptions options)
    {
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options);
        await MixedStore.WriteAsync(store);
    }

    private static async Task<CopyReport> CopyAsync(CopySource source, CopyTarget target, CopyOptions? options = null)
    {
        await using (source)
        await using (target)
            return await LogStoreCopy.RunAsync(source, target, options);
    }

    private static async Task RequireSameAsync(string local, PostgresLogStoreOptions options)
    {
        using LocalLogReader one = await LocalLogReader.OpenAsync(local);
        using PostgresLogReader other = await PostgresLogReader.OpenAsync(options);
        await MixedStore.RequireSameAsync(one, other);
    }

    private static async Task RequireSameAsync(string before, string after)
    {
        using LocalLogReader one = await LocalLogReader.OpenAsync(before);
        using LocalLogReader other = await LocalLogReader.OpenAsync(after);
        await MixedStore.RequireSameAsync(one, other);
    }

    private static async Task RequireOpenAsync(string before, string after)
    {
        await using LocalLogStore one = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = before });
        await using LocalLogStore other = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = after });
        foreach (string name in MixedStore.Names)
        {
            await MixedStore.RequireSamePastAsync(one, other, name);
            await using ILogStream stream = await other.OpenAsync(new LogStreamId(name));
            Assert.Equal(stream.Head.Next, (await stream.AppendAsync(Payloads.Of("next"))).First);
        }
    }
}
