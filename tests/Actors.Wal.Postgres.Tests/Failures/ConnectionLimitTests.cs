using System.Text;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Failures;

/// <summary>A server that refuses further connections, because others have all of them (SQLSTATE 53300).</summary>
public sealed class ConnectionLimitTests : IAsyncLifetime
{
    private const int MaxConnections = 12;

    private readonly PostgresServer _server = new();
    private readonly List<NpgsqlConnection> _taken = [];

    public async ValueTask InitializeAsync()
    {
        await _server.InitializeAsync();
        if (!PostgresServer.IsInstalled)
            return;
        await _server.CrashAsync();
        await _server.StartAsync($"-c max_connections={MaxConnections} -c max_wal_senders=0");
    }

    public async ValueTask DisposeAsync()
    {
        await FreeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task An_open_and_a_read_wait_for_a_connection_and_succeed()
    {
        await using NpgsqlDataSource source = Unpooled();
        var time = new CountedTime();
        var options = new PostgresLogStoreOptions { DataSource = source, Time = time };
        await WriteAsync(source);
        using PostgresLogReader reader = await PostgresLogReader.OpenAsync(options, TestContext.Current.CancellationToken);
        await TakeAllAsync();
        Task<List<string>> read = ReadAsync(reader);
        await time.HasWaitedAsync(2);
        Task<PostgresLogStore> open = PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken);
        await time.HasWaitedAsync(4);
        Assert.False(read.IsCompleted);
        Assert.False(open.IsCompleted);
        await FreeAsync();
        Assert.Equal(["1", "2"], await read);
        await using PostgresLogStore store = await open;
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(2, stream.Head.Value);
    }

    [Fact]
    public async Task A_stream_opens_and_appends_once_a_connection_is_free()
    {
        await using NpgsqlDataSource source = Unpooled();
        var time = new CountedTime();
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source, Time = time }, TestContext.Current.CancellationToken);
        await TakeAllAsync();
        Task<ILogStream> open = store.OpenAsync(new LogStreamId("a"), cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await time.HasWaitedAsync(20);
        Assert.False(open.IsCompleted);
        await FreeAsync();
        await using ILogStream stream = await open;
        await TakeAllAsync();
        Task<AppendResult> append = stream.AppendAsync(Event(1), cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await FreeAsync();
        Assert.Equal(1, (await append).Last.Value);
    }

    [Fact]
    public async Task Opens_and_reads_end_with_an_unreachable_store_after_patience()
    {
        await using NpgsqlDataSource source = Unpooled();
        var options = new PostgresLogStoreOptions { DataSource = source, Patience = TimeSpan.FromSeconds(1) };
        await WriteAsync(source);
        using PostgresLogReader reader = await PostgresLogReader.OpenAsync(options, TestContext.Current.CancellationToken);
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken);
        await TakeAllAsync();
        StoreUnreachableException[] errors =
        [
            await Assert.ThrowsAsync<StoreUnreachableException>(() => ReadAsync(reader)),
            await Assert.ThrowsAsync<StoreUnreachableException>(() => PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken)),
            await Assert.ThrowsAsync<StoreUnreachableException>(() => PostgresLogReader.OpenAsync(options, TestContext.Current.CancellationToken)),
            await Assert.ThrowsAsync<StoreUnreachableException>(() => store.OpenAsync(new LogStreamId("b"), cancellationToken: TestContext.Current.CancellationToken).AsTask()),
            await Assert.ThrowsAsync<StoreUnreachableException>(() => store.TimeAsync(TestContext.Current.CancellationToken)),
        ];
        Assert.All(errors, e => Assert.Contains(PostgresErrorCodes.TooManyConnections, e.Message, StringComparison.Ordinal));
    }

    /// <summary>A data source that keeps no connection, so that each use needs a new one.</summary>
    private NpgsqlDataSource Unpooled() => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Pooling = false });

    private static async Task WriteAsync(NpgsqlDataSource source)
    {
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source });
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        for (int i = 1; i <= 2; i++)
            await stream.AppendAsync(Event(i));
    }

    private static async Task<List<string>> ReadAsync(PostgresLogReader reader)
        => await reader.ReplayAsync(new LogStreamId("a")).Select(r => Encoding.UTF8.GetString(r.Payload.Span)).ToListAsync();

    private static EventData Event(int number) => new(Encoding.UTF8.GetBytes($"{number}"));

    /// <summary>Takes connections until the server refuses one.</summary>
    private async Task TakeAllAsync()
    {
        while (true)
        {
            var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Pooling = false }.ConnectionString);
            try
            {
                await connection.OpenAsync(TestContext.Current.CancellationToken);
                _taken.Add(connection);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.TooManyConnections)
            {
                await connection.DisposeAsync();
                return;
            }
        }
    }

    private async Task FreeAsync()
    {
        foreach (NpgsqlConnection connection in _taken)
            await connection.DisposeAsync();
        _taken.Clear();
    }

    /// <summary>The system's clock, which counts the waits that begin.</summary>
    private sealed class CountedTime : TimeProvider
    {
        private readonly SemaphoreSlim _waits = new(0);
        private int _awaited;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _waits.Release();
            return System.CreateTimer(callback, state, dueTime, period);
        }

        /// <summary>Returns when so many waits have begun since the clock was made.</summary>
        public async Task HasWaitedAsync(int waits)
        {
            for (; _awaited < waits; _awaited++)
                await _waits.WaitAsync(TestContext.Current.CancellationToken);
        }
    }
}
