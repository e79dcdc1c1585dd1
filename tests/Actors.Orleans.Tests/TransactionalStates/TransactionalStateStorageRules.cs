using Actors.Orleans.Tests.Grains;
using Orleans.Transactions;
using Orleans.Transactions.Abstractions;

namespace Actors.Orleans.Tests.TransactionalStates;

/// <summary>What Orleans' transactions ask of the storage of a state, for every provider.</summary>
public abstract class TransactionalStateStorageRules
{
    private static readonly DateTime Noon = new(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public async Task A_state_that_was_never_stored_is_new_and_has_no_etag()
    {
        TransactionalStorageLoadResponse<Purse> loaded = await (await StartAsync()).Load();
        Assert.Null(loaded.ETag);
        Assert.Equal(0, loaded.CommittedSequenceId);
        Assert.Equal(0, loaded.CommittedState.Money);
        Assert.Empty(loaded.PendingStates);
        Assert.Empty(loaded.Metadata.CommitRecords);
    }

    [Fact]
    public async Task Storing_nothing_new_gives_an_etag()
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        TransactionalStorageLoadResponse<Purse> loaded = await storage.Load();
        string etag = await storage.Store(loaded.ETag, loaded.Metadata, [], null, null);
        loaded = await (await StartAsync()).Load();
        Assert.Equal(etag, loaded.ETag);
        Assert.Equal(default, loaded.Metadata.TimeStamp);
        Assert.Empty(loaded.PendingStates);
    }

    [Fact]
    public async Task The_clock_and_the_commit_records_come_back()
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        await storage.Load();
        var first = Guid.NewGuid();
        var second = Guid.NewGuid();
        var metadata = new TransactionalStateMetaData { TimeStamp = Noon };
        metadata.CommitRecords[first] = new CommitRecord { Timestamp = Noon, WriteParticipants = [Participant("a"), Participant("b")] };
        metadata.CommitRecords[second] = new CommitRecord { Timestamp = Noon.AddTicks(1), WriteParticipants = [] };
        string etag = await storage.Store(null!, metadata, [], null, null);
        TransactionalStateMetaData loaded = (await (await StartAsync()).Load()).Metadata;
        Assert.Equal(Noon, loaded.TimeStamp);
        Assert.Equal(2, loaded.CommitRecords.Count);
        Assert.Equal([Participant("a"), Participant("b")], loaded.CommitRecords[first].WriteParticipants);
        Assert.Equal(Noon.AddTicks(1), loaded.CommitRecords[second].Timestamp);
        // Confirmed by all: the record goes.
        storage = await StartAsync();
        loaded = (await storage.Load()).Metadata;
        loaded.CommitRecords.Remove(first);
        await storage.Store(etag, loaded, [], null, null);
        Assert.Equal([second], (await (await StartAsync()).Load()).Metadata.CommitRecords.Keys);
    }

    [Fact]
    public async Task A_wrong_etag_is_refused_and_changes_nothing()
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        await storage.Load();
        await Assert.ThrowsAnyAsync<Exception>(() => storage.Store("wrong", new TransactionalStateMetaData(), [Pending(1, 5)], null, null));
        Assert.Null((await storage.Load()).ETag);
        string etag = await storage.Store(null!, new TransactionalStateMetaData(), [Pending(1, 5)], null, null);
        await Assert.ThrowsAnyAsync<Exception>(() => storage.Store(null!, new TransactionalStateMetaData(), [], 1, null));
        await Assert.ThrowsAnyAsync<Exception>(() => storage.Store(etag + "0", new TransactionalStateMetaData(), [], 1, null));
        TransactionalStorageLoadResponse<Purse> loaded = await (await StartAsync()).Load();
        Assert.Equal(etag, loaded.ETag);
        Assert.Equal([1L], loaded.PendingStates.Select(p => p.SequenceId));
    }

    [Fact]
    public async Task A_prepared_state_loads_as_pending_with_all_its_fields()
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        await storage.Load();
        PendingTransactionState<Purse> prepared = Pending(1, 123);
        await storage.Store(null!, new TransactionalStateMetaData(), [prepared], null, null);
        TransactionalStorageLoadResponse<Purse> loaded = await (await StartAsync()).Load();
        PendingTransactionState<Purse> pending = Assert.Single(loaded.PendingStates);
        Assert.Equal((1, prepared.TransactionId, prepared.TimeStamp, prepared.TransactionManager, 123), (pending.SequenceId, pending.TransactionId, pending.TimeStamp, pending.TransactionManager, pending.State.Money));
        Assert.Equal(0, loaded.CommittedSequenceId);
        Assert.Equal(0, loaded.CommittedState.Money);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_committed_state_is_loaded(bool inTwoSteps)
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        await storage.Load();
        string? etag = null;
        if (inTwoSteps)
            etag = await storage.Store(null!, new TransactionalStateMetaData(), [Pending(1, 123)], null, null);
        await storage.Store(etag!, new TransactionalStateMetaData(), inTwoSteps ? [] : [Pending(1, 123)], 1, null);
        await AssertAsync(1, 123);
    }

    [Fact]
    public async Task An_aborted_state_is_discarded()
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        await storage.Load();
        string etag = await storage.Store(null!, new TransactionalStateMetaData(), [Pending(1, 123)], null, null);
        etag = await storage.Store(etag, new TransactionalStateMetaData(), [], null, 0);
        await AssertAsync(0, 0);
        storage = await StartAsync();
        await storage.Load();
        await storage.Store(etag, new TransactionalStateMetaData(), [Pending(1, 456)], 1, null);
        await AssertAsync(1, 456);
    }

    [Fact]
    public async Task A_state_that_is_prepared_again_takes_the_place_of_the_first()
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        await storage.Load();
        string etag = await storage.Store(null!, new TransactionalStateMetaData(), [Pending(1, 123)], null, null);
        etag = await storage.Store(etag, new TransactionalStateMetaData(), [Pending(1, 456)], null, null);
        await AssertAsync(0, 0, 456);
        storage = await StartAsync();
        await storage.Load();
        await storage.Store(etag, new TransactionalStateMetaData(), [], 1, null);
        await AssertAsync(1, 456);
    }

    [Theory]
    [InlineData("together")]
    [InlineData("commit first")]
    [InlineData("abort first")]
    public async Task One_state_is_committed_and_the_next_aborted(string order)
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        await storage.Load();
        string etag = await storage.Store(null!, new TransactionalStateMetaData(), [Pending(1, 123), Pending(2, 456)], null, null);
        if (order == "commit first")
            etag = await storage.Store(etag, new TransactionalStateMetaData(), [], 1, null);
        if (order == "abort first")
            etag = await storage.Store(etag, new TransactionalStateMetaData(), [], null, 1);
        await storage.Store(etag, new TransactionalStateMetaData(), [], 1, 1);
        await AssertAsync(1, 123);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(137)]
    [InlineData(200)]
    public async Task Any_number_of_prepared_states_can_be_committed(int committed)
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        await storage.Load();
        string etag = await storage.Store(null!, new TransactionalStateMetaData(), [.. Enumerable.Range(1, 200).Select(i => Pending(i, i * 10))], null, null);
        if (committed > 0)
            await storage.Store(etag, new TransactionalStateMetaData(), [], committed, null);
        await AssertAsync(committed, committed * 10, [.. Enumerable.Range(committed + 1, 200 - committed).Select(i => i * 10L)]);
    }

    [Fact]
    public async Task One_step_aborts_then_prepares_then_commits()
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        await storage.Load();
        string etag = await storage.Store(null!, new TransactionalStateMetaData(), [Pending(1, 1), Pending(2, 2), Pending(3, 3)], null, null);
        await storage.Store(etag, new TransactionalStateMetaData(), [Pending(2, 22), Pending(3, 33)], 2, 1);
        await AssertAsync(2, 22, 33);
    }

    [Fact]
    public async Task States_go_on_over_many_activations()
    {
        string? etag = null;
        for (int i = 1; i <= 120; i++)
        {
            ITransactionalStateStorage<Purse> storage = await StartAsync();
            TransactionalStorageLoadResponse<Purse> loaded = await storage.Load();
            Assert.Equal(etag, loaded.ETag);
            Assert.Equal((i - 1, i - 1), (loaded.CommittedSequenceId, loaded.CommittedState.Money));
            etag = await storage.Store(loaded.ETag, loaded.Metadata, [Pending(i, i), Pending(i + 1, 999)], null, null);
            etag = await storage.Store(etag, loaded.Metadata, [], i, i);
        }

        await AssertAsync(120, 120);
    }

    [Fact]
    public async Task Committing_what_was_not_prepared_is_refused_and_changes_nothing()
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        await storage.Load();
        string etag = await storage.Store(null!, new TransactionalStateMetaData(), [Pending(2, 5)], null, null);
        await Assert.ThrowsAnyAsync<Exception>(() => storage.Store(etag, new TransactionalStateMetaData(), [Pending(4, 7)], 3, null));
        await AssertAsync(0, 0, 5);
    }

    [Fact]
    public async Task Changing_an_object_after_store_or_load_does_not_change_the_state()
    {
        ITransactionalStateStorage<Purse> storage = await StartAsync();
        await storage.Load();
        PendingTransactionState<Purse> prepared = Pending(1, 5);
        var metadata = new TransactionalStateMetaData();
        string etag = await storage.Store(null!, metadata, [prepared], null, null);
        prepared.State.Money = 99;
        metadata.CommitRecords[Guid.NewGuid()] = new CommitRecord();
        etag = await storage.Store(etag, new TransactionalStateMetaData(), [], 1, null);
        TransactionalStorageLoadResponse<Purse> loaded = await storage.Load();
        loaded.CommittedState.Money = 77;
        Assert.Equal(5, (await storage.Load()).CommittedState.Money);
        await storage.Store(etag, new TransactionalStateMetaData(), [], null, null);
        await AssertAsync(1, 5);
    }

    /// <summary>The storage as a new activation gets it; the state it keeps is always the same one.</summary>
    protected abstract Task<ITransactionalStateStorage<Purse>> StartAsync();

    protected static PendingTransactionState<Purse> Pending(long sequence, long money) => new()
    {
        SequenceId = sequence,
        TransactionId = Guid.NewGuid().ToString(),
        TimeStamp = Noon.AddSeconds(sequence),
        TransactionManager = Participant("manager"),
        State = new Purse { Money = money },
    };

    private static ParticipantId Participant(string name) => new(name, null!, ParticipantId.Role.Resource | ParticipantId.Role.Manager);

    private async Task AssertAsync(long sequence, long money, params long[] pending)
    {
        TransactionalStorageLoadResponse<Purse> loaded = await (await StartAsync()).Load();
        Assert.Equal((sequence, money), (loaded.CommittedSequenceId, loaded.CommittedState.Money));
        Assert.Equal(pending, loaded.PendingStates.Select(p => p.State.Money));
    }
}
