using Actors.Wal.Copying;
using Actors.Wal.Local;
using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Copying;

public sealed class UnfinishedCopyTests(TestServer server) : IAsyncLifetime
{
    private readonly TestSchemas _schemas = new(server);
    private readonly TestDirectory _directory = new();

    private string Source => Path.Combine(_directory.Path, "source");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _schemas.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_stopped_copy_goes_on_and_can_not_be_opened_before()
    {
        await WriteLocalAsync(20_000);
        PostgresLogStoreOptions options = _schemas.New();
        for (int stop = 1; stop <= 3; stop++)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StoppedAsync(LogStoreCopy.From(Source), PostgresLogStoreCopy.To(options), stop * 5000));
        Assert.True(await _schemas.ScalarAsync<long>($"SELECT count(*) FROM {options.Schema}.event") > 0);
        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresLogStore.OpenAsync(options));
        Assert.Contains("is not complete", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresLogReader.OpenAsync(options));
        CopyReport report = await CopyAsync(LogStoreCopy.From(Source), PostgresLogStoreCopy.To(options));
        Assert.True(report.IsComplete);
        Assert.InRange(report.Copied, 1, report.Events + report.Checkpoints - 1);

        string back = Path.Combine(_directory.Path, "back");
        for (int stop = 1; stop <= 3; stop++)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StoppedAsync(PostgresLogStoreCopy.From(options), LogStoreCopy.To(back), stop * 5000));
        Assert.False(Directory.Exists(back));
        report = await CopyAsync(PostgresLogStoreCopy.From(options), LogStoreCopy.To(back));
        Assert.True(report.IsComplete);
        Assert.InRange(report.Copied, 1, report.Events + report.Checkpoints - 1);
        using LocalLogReader before = await LocalLogReader.OpenAsync(Source);
        using LocalLogReader after = await LocalLogReader.OpenAsync(back);
        await MixedStore.RequireSameAsync(before, after);
    }

    [Fact]
    public async Task A_growing_source_is_reported_and_another_run_catches_up()
    {
        PostgresLogStoreOptions from = _schemas.New();
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(from);
        await MixedStore.WriteAsync(store);
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("plain/1"));
        string local = Path.Combine(_directory.Path, "local");
        PostgresLogStoreOptions to = _schemas.New();
        foreach (Func<CopyTarget> target in new Func<CopyTarget>[] { () => PostgresLogStoreCopy.To(to), () => LogStoreCopy.To(local) })
        {
            bool isWritten = false;
            CopyReport report = await CopyAsync(PostgresLogStoreCopy.From(from), target(), new CopyOptions
            {
                Progress = (stage, _, _) =>
                {
                    if (stage != CopyStage.Verifying || isWritten)
                        return;
                    isWritten = true;
                    stream.AppendAsync(Payloads.Of("later")).AsTask().GetAwaiter().GetResult();
                    stream.CheckpointAsync(stream.Head, Payloads.Of("state")).AsTask().GetAwaiter().GetResult();
                    stream.TruncateAsync(new Sequence(stream.Head.Value - 2)).AsTask().GetAwaiter().GetResult();
                },
            });
            Assert.Equal([], report.Differences);
            Assert.Equal(["plain/1"], report.Moved.Select(s => s.Value));
            Assert.False(report.IsComplete);
            report = await CopyAsync(PostgresLogStoreCopy.From(from), target());
            Assert.Equal([], report.Differences);
            Assert.Equal((true, 2L), (report.IsComplete, report.Copied));
        }

        using PostgresLogReader source = await PostgresLogReader.OpenAsync(from);
        using LocalLogReader copy = await LocalLogReader.OpenAsync(local);
        await MixedStore.RequireSameAsync(source, copy);
    }

    [Fact]
    public async Task A_stream_that_was_stopped_before_the_checkpoint_for_what_it_has_dropped_goes_on()
    {
        var id = new LogStreamId("late");
        LogRecord Record(LogRecordKind kind, long sequence, int second)
            => new(kind, new Sequence(sequence), Lsn.Zero, DateTimeOffset.UnixEpoch.AddYears(50).AddSeconds(second), Epoch.Zero, 7, Payloads.Of((int)sequence).Payload, id);
        var begin = new Sequence(5);
        foreach (CopyTarget[] runs in new CopyTarget[][]
        {
            [LogStoreCopy.To(Source), LogStoreCopy.To(Source), LogStoreCopy.To(Source)],
            [.. Enumerable.Repeat(_schemas.New(), 3).Select(PostgresLogStoreCopy.To)],
        })
        {
            await using (CopyTarget target = runs[0])
            {
                await target.BeginAsync("a test", CancellationToken.None);
                for (int i = 5; i <= 7; i++)
                    await target.AddAsync(Record(LogRecordKind.Event, i, i), begin, CancellationToken.None);
            }

            await using (CopyTarget target = runs[1])
            {
                await target.BeginAsync("a test", CancellationToken.None);
                if (target.PositionOf(id) is null)
                {
                    // What was not sent is brought again.
                    for (int i = 5; i <= 7; i++)
                        await target.AddAsync(Record(LogRecordKind.Event, i, i), begin, CancellationToken.None);
                }
                else
                {
                    Assert.Equal(new CopyPosition(new Sequence(7), 0), target.PositionOf(id));
                }

                await target.AddAsync(Record(LogRecordKind.Checkpoint, 4, 8), begin, CancellationToken.None);
                await target.FinishAsync(CancellationToken.None);
            }

            await using (CopyTarget target = runs[2])
            {
                await target.BeginAsync("a test", CancellationToken.None);
                Assert.Equal(new CopyPosition(new Sequence(7), 1), target.PositionOf(id));
                await target.AddAsync(Record(LogRecordKind.Event, 8, 9), begin, CancellationToken.None);
                StreamInfo info = Assert.Single((await target.FinishAsync(CancellationToken.None)).Values);
                Assert.Equal(new StreamInfo(id, new Sequence(8), begin, new Sequence(4)), info);
                Assert.Equal(["Event 5", "Event 6", "Event 7", "Checkpoint 4", "Event 8"], await target.ReadAsync(null, CancellationToken.None).Select(r => $"{r.Kind} {r.Sequence}").ToListAsync());
            }
        }
    }

    [Fact]
    public async Task A_flipped_byte_of_the_source_is_told_and_nothing_wrong_is_written()
    {
        await WriteLocalAsync(20_000);
        PostgresLogStoreOptions options = _schemas.New();
        string segment = Directory.GetFiles(Path.Combine(Source, "segments"))[0];
        Flip(segment, 900_000);
        LogCorruptException damage = await Assert.ThrowsAsync<LogCorruptException>(() => CopyAsync(LogStoreCopy.From(Source), PostgresLogStoreCopy.To(options)));
        Assert.Contains(Path.GetFileName(segment), damage.Message, StringComparison.Ordinal);
        string local = Path.Combine(_directory.Path, "local");
        await Assert.ThrowsAsync<LogCorruptException>(() => CopyAsync(LogStoreCopy.From(Source), LogStoreCopy.To(local)));
        Assert.False(Directory.Exists(local));
        Flip(segment, 900_000);

        // What was written before the damage is right.
        Assert.True((await CopyAsync(LogStoreCopy.From(Source), PostgresLogStoreCopy.To(options))).IsComplete);
        Assert.True((await CopyAsync(LogStoreCopy.From(Source), LogStoreCopy.To(local))).IsComplete);
    }

    [Fact]
    public async Task A_target_with_something_else_is_refused()
    {
        await WriteLocalAsync(10);
        PostgresLogStoreOptions used = _schemas.New();
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(used))
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            await stream.AppendAsync(Payloads.Of(1));
        }

        IOException refused = await Assert.ThrowsAsync<IOException>(() => CopyAsync(LogStoreCopy.From(Source), PostgresLogStoreCopy.To(used)));
        Assert.Equal($"Schema '{used.Schema}' has a store with streams already. Name another schema.", refused.Message);
        PostgresLogStoreOptions begun = _schemas.New();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StoppedAsync(LogStoreCopy.From(Source), PostgresLogStoreCopy.To(begun), 0));
        refused = await Assert.ThrowsAsync<IOException>(() => CopyAsync(PostgresLogStoreCopy.From(used), PostgresLogStoreCopy.To(begun)));
        Assert.Contains("holds a copy of the local store", refused.Message, StringComparison.Ordinal);

        string local = Path.Combine(_directory.Path, "local");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StoppedAsync(LogStoreCopy.From(Source), LogStoreCopy.To(local), 0));
        refused = await Assert.ThrowsAsync<IOException>(() => CopyAsync(PostgresLogStoreCopy.From(used), LogStoreCopy.To(local)));
        Assert.Contains("that was begun, and not of the PostgreSQL store", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<IOException>(() => CopyAsync(PostgresLogStoreCopy.From(used), LogStoreCopy.To(Source)));
        Assert.Contains("is there already and not empty", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => CopyAsync(LogStoreCopy.From(Source), LogStoreCopy.To(Path.Combine(Source, "within"))));
    }

    [Fact]
    public async Task A_store_in_use_is_no_source()
    {
        await WriteLocalAsync(10);
        await using LocalLogStore owner = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = Source });
        await Assert.ThrowsAsync<StoreInUseException>(() => CopyAsync(LogStoreCopy.From(Source), PostgresLogStoreCopy.To(_schemas.New())));
    }

    [Fact]
    public async Task Two_copies_into_one_schema_don_t_mix()
    {
        await WriteLocalAsync(10);
        PostgresLogStoreOptions options = _schemas.New();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StoppedAsync(LogStoreCopy.From(Source), PostgresLogStoreCopy.To(options), 0));
        await using CopyTarget first = PostgresLogStoreCopy.To(options);
        await using (CopySource source = LogStoreCopy.From(Source))
        {
            await source.OpenAsync("", CancellationToken.None);
            await first.BeginAsync(source.Identity, CancellationToken.None);
        }

        IOException refused = await Assert.ThrowsAsync<IOException>(() => CopyAsync(LogStoreCopy.From(Source), PostgresLogStoreCopy.To(options)));
        Assert.Equal($"Another copy into schema '{options.Schema}' is under way. Wait until it ends.", refused.Message);
    }

    [Fact]
    public async Task Foreign_rows_in_the_target_are_reported()
    {
        await WriteLocalAsync(20_000);
        PostgresLogStoreOptions options = _schemas.New();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StoppedAsync(LogStoreCopy.From(Source), PostgresLogStoreCopy.To(options), 10_000));
        await _schemas.ExecuteAsync($"WITH s AS (INSERT INTO {options.Schema}.stream (name) VALUES ('intruder') RETURNING id) INSERT INTO {options.Schema}.event (stream_id, seq, sub, count, epoch, owner, kind, first_seq, ordinal, recorded_at, payload) SELECT id, 1, 0, 1, 1, 1, 0, 1, 0, now(), '\\x0000000000' FROM s");
        await _schemas.ExecuteAsync($"UPDATE {options.Schema}.event SET payload = set_byte(payload, 6, 255) WHERE ctid = (SELECT ctid FROM {options.Schema}.event WHERE kind = 0 AND length(payload) > 8 LIMIT 1)");
        CopyReport report = await CopyAsync(LogStoreCopy.From(Source), PostgresLogStoreCopy.To(options));
        Assert.False(report.IsComplete);
        Assert.Contains("Stream 'intruder' is in the target and not in the source.", report.Differences);
        Assert.Contains(report.Differences, d => d.Contains("in the source where the target has Event", StringComparison.Ordinal));
        await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresLogStore.OpenAsync(options));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told()
    {
        await WriteLocalAsync(10);
        await using NpgsqlDataSource nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody");
        var options = new PostgresLogStoreOptions { DataSource = nowhere };
        await Assert.ThrowsAsync<StoreUnreachableException>(() => CopyAsync(LogStoreCopy.From(Source), PostgresLogStoreCopy.To(options)));
        await Assert.ThrowsAsync<StoreUnreachableException>(() => CopyAsync(PostgresLogStoreCopy.From(options), LogStoreCopy.To(Path.Combine(_directory.Path, "local"))));
    }

    private async Task WriteLocalAsync(int events)
    {
        await using LocalLogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = Source, Sync = SyncPolicy.Never });
        if (events > 100)
            await MixedStore.WriteAsync(store);
        ILogStream[] streams = [.. await Task.WhenAll(Enumerable.Range(0, 50).Select(i => store.OpenAsync(new LogStreamId($"load/{i}")).AsTask()))];
        for (int i = 0; i < events; i++)
            await streams[i % streams.Length].AppendAsync(Payloads.Of(i));
    }

    /// <summary>A copy that is stopped once it has read so many events.</summary>
    private static async Task StoppedAsync(CopySource source, CopyTarget target, long events)
    {
        using var stop = new CancellationTokenSource();
        var options = new CopyOptions
        {
            Progress = (_, done, _) =>
            {
                if (done >= events)
                    stop.Cancel();
            },
        };
        await using (source)
        await using (target)
            await LogStoreCopy.RunAsync(source, target, options, stop.Token);
    }

    private static async Task<CopyReport> CopyAsync(CopySource source, CopyTarget target, CopyOptions? options = null)
    {
        await using (source)
        await using (target)
            return await LogStoreCopy.RunAsync(source, target, options);
    }

    private static void Flip(string file, long offset)
    {
        using FileStream stream = File.Open(file, FileMode.Open);
        stream.Position = offset;
        int value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 1));
    }
}
