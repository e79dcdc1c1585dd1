namespace Actors.Wal.Conformance;

/// <summary>Rules for closed stores: appends fail as rejected, other calls as disposed, and feeds end.</summary>
public abstract class ClosingRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task A_closed_store_refuses_every_call_the_same_way()
    {
        ILogStore store = Store;
        ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await stream.AppendAsync(Payloads.Of(1));
        await store.DisposeAsync();

        await Assert.ThrowsAsync<StoreClosedException>(async () => await stream.AppendAsync(Payloads.Of(2)));
        await Assert.ThrowsAsync<StoreClosedException>(async () => await stream.AppendAsync([Payloads.Of(2), Payloads.Of(3)]));
        await Assert.ThrowsAsync<StoreClosedException>(async () => await stream.AppendStateAsync(Payloads.Of(2)));
        await Assert.ThrowsAsync<StoreClosedException>(async () => await stream.CheckpointAsync(new Sequence(1), Payloads.Of("one")));
        await Assert.ThrowsAsync<StoreClosedException>(async () => await stream.TruncateAsync(new Sequence(2)));
        await Assert.ThrowsAsync<StoreClosedException>(async () => await stream.DeleteAsync());
        await Assert.ThrowsAsync<StoreClosedException>(async () => await store.AppendAtomicAsync([new StreamAppend(stream, [Payloads.Of(2)])]));

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.OpenAsync(new LogStreamId("a")));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.FindAsync(new LogStreamId("a")));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.FlushAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => AllAsync(store.ListAsync()));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => AllAsync(store.ReadAsync(new LogStreamId("a"), new Sequence(1), new Sequence(1))));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => AllAsync(store.ReplayAsync(new LogStreamId("a"))));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => AllAsync(store.SubscribeAsync(Lsn.Zero)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => AllAsync(stream.ReadAsync(new Sequence(1), new Sequence(1))));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => AllAsync(stream.ReplayAsync()));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => AllAsync(stream.ReadAsOfAsync(new Sequence(1))));
        Assert.False(await stream.ConfirmOwnershipAsync());

        // A closed store or stream can be closed again, and its properties can still be read.
        await stream.DisposeAsync();
        await store.DisposeAsync();
        _ = store.Statistics;
        Assert.Equal(1, stream.Head.Value);
    }

    private static async Task AllAsync<T>(IAsyncEnumerable<T> items)
    {
        await foreach (T item in items)
            _ = item;
    }
}
