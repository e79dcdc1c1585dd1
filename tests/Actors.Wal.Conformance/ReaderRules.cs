namespace Actors.Wal.Conformance;

/// <summary>Rules for readers: they do not take streams over, do not affect the owner, and see every acknowledged record.</summary>
public abstract class ReaderRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task Reading_a_stream_leaves_its_owner_alone()
    {
        await using ILogStream owner = await OpenAsync();
        ILogStore other = await OtherStoreAsync();
        for (int i = 1; i <= 20; i++)
        {
            await owner.AppendAsync(Payloads.Of(i), new Sequence(i - 1));
            if (i == 5)
                await owner.CheckpointAsync(new Sequence(4), Payloads.Of("state 4"));
            Assert.Equal(new StreamInfo(Id, new Sequence(i), new Sequence(1), i < 5 ? null : new Sequence(4)), await other.FindAsync(Id));
            Assert.Equal(Events(1, i), await other.ReadAsync(Id, new Sequence(1), End).TextsAsync());
            Assert.Equal(i < 5 ? Events(1, i) : ["Checkpoint 4 state 4", .. Events(5, i)], await other.ReplayAsync(Id).TextsAsync());
        }

        Assert.True(await owner.ConfirmOwnershipAsync());
        Assert.False(owner.OwnershipLost.IsCancellationRequested);
        Assert.Equal(Events(7, 9), await other.ReadAsync(Id, new Sequence(7), new Sequence(9)).TextsAsync());
        Assert.Empty(await other.ReadAsync(Id, new Sequence(9), new Sequence(7)).TextsAsync());
        Assert.Empty(await other.ReadAsync(Id, new Sequence(21), End).TextsAsync());
    }

    [Fact]
    public async Task A_closed_stream_is_read_too_and_stays_closed()
    {
        await using (ILogStream owner = await OpenAsync())
            await owner.AppendManyAsync(3);
        await ReopenAsync();
        Assert.Equal(new Sequence(3), (await Store.FindAsync(Id))?.Head);
        Assert.Equal(Events(1, 3), await Store.ReplayAsync(Id).TextsAsync());
        Assert.Equal(0, Store.Statistics.OpenStreams);
    }

    [Fact]
    public async Task A_stream_that_is_not_there_reads_as_nothing()
    {
        await using ILogStream empty = await OpenAsync();
        await using ILogStream deleted = await Store.OpenAsync(new LogStreamId("deleted"));
        await deleted.AppendManyAsync(2);
        await deleted.DeleteAsync();
        foreach (LogStreamId id in new[] { new LogStreamId("never"), Id, deleted.Id })
        {
            Assert.Null(await Store.FindAsync(id));
            Assert.Empty(await Store.ReplayAsync(id).TextsAsync());
            Assert.Empty(await Store.ReadAsync(id, new Sequence(1), End).TextsAsync());
        }
    }

    [Fact]
    public async Task A_stream_without_an_id_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.FindAsync(default));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.ReplayAsync(default).TextsAsync());
        await Assert.ThrowsAsync<ArgumentException>(() => Store.ReadAsync(default, new Sequence(1), End).TextsAsync());
    }

    [Fact]
    public async Task A_reading_goes_on_while_the_owner_appends()
    {
        await using ILogStream owner = await OpenAsync();
        await owner.AppendManyAsync(200);
        int seen = 0;
        await foreach (LogRecord record in Store.ReadAsync(Id, new Sequence(1), End))
        {
            Assert.Equal(++seen, record.Sequence.Value);
            if (seen % 40 == 0)
                await owner.AppendAsync(Payloads.Of("later"));
        }

        Assert.Equal(200, seen);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ReplayAsync(Id, new CancellationToken(canceled: true)).TextsAsync());
    }
}
