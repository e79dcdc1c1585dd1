using Actors.Orleans.Codecs;
using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Orleans.TransactionalStates;
using Actors.Wal;
using Actors.Wal.Local;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;
using Orleans.TestingHost;
using Orleans.Transactions;
using Orleans.Transactions.Abstractions;

namespace Actors.Orleans.Tests.TransactionalStates;

/// <summary>The rules on a log store, and what goes beyond them.</summary>
public abstract class TransactionalStateStorageTests(SiloServices silo, TestBackend backend) : TransactionalStateStorageRules, IAsyncLifetime, IClassFixture<SiloServices>
{
    private static readonly LogStreamId Id = new("purse/1/purse.transactional");

    private ILogStore? _store;

    public async ValueTask InitializeAsync() => _store = await backend.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _store!.DisposeAsync();
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_stale_activation_can_not_store_even_if_nothing_was_stored_when_it_loaded()
    {
        ITransactionalStateStorage<Purse> stale = await StartAsync();
        Assert.Null((await stale.Load()).ETag);
        ITransactionalStateStorage<Purse> current = await StartAsync();
        await current.Load();
        await Assert.ThrowsAsync<InconsistentStateException>(() => stale.Store(null!, new TransactionalStateMetaData(), [Pending(1, 5)], null, null));
        await current.Store(null!, new TransactionalStateMetaData(), [Pending(1, 7)], 1, null);
        Assert.Equal(7, (await current.Load()).CommittedState.Money);
    }

    [Fact]
    public async Task Every_step_is_one_record_and_one_flush()
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        await storage.Load();
        string? etag = null;
        long fewest = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            StoreStatistics before = _store!.Statistics;
            etag = await storage.Store(etag!, new TransactionalStateMetaData(), [Pending(3 * i + 1, 1), Pending(3 * i + 2, 2), Pending(3 * i + 3, 3)], 3 * i + 1, null);
            etag = await storage.Store(etag, new TransactionalStateMetaData(), [Pending(3 * i + 3, 4)], 3 * i + 2, 3 * i + 2);
            StoreStatistics after = _store.Statistics;
            Assert.Equal(2, after.AppendedFrames - before.AppendedFrames);
            fewest = Math.Min(fewest, Flushes(after) - Flushes(before));
        }

        // A store that is idle for a moment flushes by itself.
        Assert.Equal(2, fewest);

        // PostgreSQL flushes once for each batch.
        static long Flushes(StoreStatistics statistics) => (statistics as LocalStoreStatistics)?.Flushes ?? statistics.Batches;
    }

    [Fact]
    public async Task Snapshots_bound_what_an_activation_reads()
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        string? etag = (await storage.Load()).ETag;
        for (int i = 1; i <= 500; i++)
            etag = await storage.Store(etag!, new TransactionalStateMetaData(), [Pending(i, i)], i, null);
        StreamInfo stream = Assert.Single(await _store!.ListAsync(Id.Value, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(500, stream.Head.Value);
        Assert.InRange(stream.First.Value, 470, 500);
        Assert.Equal(500, (await (await StartAsync()).Load()).CommittedState.Money);
    }

    [Fact]
    public async Task A_stream_that_is_no_transactional_state_is_refused_with_its_place()
    {
        await using (ILogStream stream = await _store!.OpenAsync(Id, cancellationToken: TestContext.Current.CancellationToken))
            await stream.AppendAsync(new EventData("what is this"u8.ToArray()), cancellationToken: TestContext.Current.CancellationToken);
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        GrainLogDecodeException error = await Assert.ThrowsAsync<GrainLogDecodeException>(() => storage.Load());
        Assert.Equal((Id.Value, 1), (error.Stream, error.Version));
    }

    protected override Task<ITransactionalStateStorage<Purse>> StartAsync()
        => Task.FromResult<ITransactionalStateStorage<Purse>>(new TransactionalStateStorage<Purse>(
            () => _store!,
            context: null,
            Id,
            new StreamOptions { Retention = Retention.Last },
            new WriteAheadLogOptions { CheckpointEvents = 20 },
            new LogCodecs(silo.Services).ForState<Purse>(LogCodec.Auto),
            new TransactionalFormat(silo.Services.GetRequiredService<Serializer<Dictionary<Guid, CommitRecord>>>(), silo.Services.GetRequiredService<Serializer<ParticipantId>>())));
}

public sealed class LocalTransactionalStateStorageTests(SiloServices silo) : TransactionalStateStorageTests(silo, new LocalBackend());

public sealed class MemoryTransactionalStateStorageTests(SiloServices silo) : TransactionalStateStorageTests(silo, new MemoryBackend());

public sealed class PostgresTransactionalStateStorageTests(SiloServices silo, TestServer server) : TransactionalStateStorageTests(silo, new PostgresBackend(server));

/// <summary>The services of a silo, for what needs its serializers.</summary>
public sealed class SiloServices : IAsyncLifetime
{
    private readonly InProcessTestCluster _cluster = new InProcessTestClusterBuilder(1).Build();

    public IServiceProvider Services => _cluster.Silos[0].ServiceProvider;

    public async ValueTask InitializeAsync() => await _cluster.DeployAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
