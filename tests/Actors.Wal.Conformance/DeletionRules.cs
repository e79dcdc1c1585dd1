namespace Actors.Wal.Conformance;

/// <summary>Rules for the deletion of streams, and for streams that are created under a deleted name.</summary>
public abstract class DeletionRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task A_deleted_stream_is_gone()
    {
        await using ILogStream other = await OpenAsync("other");
        await other.AppendManyAsync(3);
        ILogStream stream = await WriteAsync();
        await stream.DeleteAsync();
        Assert.False(stream.IsOwner);
        Assert.Equal(["other"], (await ListAsync()).Select(s => s.Id.Value));
        await stream.DisposeAsync();
        await SameAsync();
        await ReopenAsync();
        Assert.Equal(["other"], (await ListAsync()).Select(s => s.Id.Value));
        await SameAsync();

        async Task SameAsync()
        {
            await using ILogStream nothing = await OpenAsync();
            Assert.Equal((Sequence.Zero, new Sequence(1), null), (nothing.Head, nothing.First, nothing.Checkpoint));
            Assert.Empty(await nothing.ReplayAsync().TextsAsync());
            Assert.Empty(await HistoryAsync(nothing));
            Assert.Empty(await nothing.ReadAsOfAsync(new Sequence(5)).TextsAsync());
            await using ILogStream kept = await OpenAsync("other");
            Assert.Equal(Events(1, 3), await kept.ReplayAsync().TextsAsync());
        }
    }

    [Fact]
    public async Task A_deleted_stream_can_be_created_again_and_nothing_of_its_old_life_is_read()
    {
        for (int life = 1; life <= 4; life++)
        {
            await using ILogStream stream = await WriteAsync();
            await stream.DeleteAsync(new Sequence(10));
            await using ILogStream anew = await OpenAsync();
            AppendResult result = await anew.AppendAsync(Payloads.Of($"life {life}"), Sequence.Zero);
            Assert.Equal(new Sequence(1), result.Last);
            await SameAsync(anew, life);
            if (life % 2 == 0)
                await ReopenAsync();
            await using ILogStream again = await OpenAsync();
            await SameAsync(again, life);
            await again.DeleteAsync();
        }

        static async Task SameAsync(ILogStream stream, int life)
        {
            Assert.Equal((new Sequence(1), new Sequence(1), null), (stream.Head, stream.First, stream.Checkpoint));
            Assert.Equal([$"Event 1 life {life}"], await stream.ReplayAsync().TextsAsync());
            Assert.Equal([$"Event 1 life {life}"], await HistoryAsync(stream));
            Assert.Equal([$"Event 1 life {life}"], await stream.ReadAsOfAsync(End).TextsAsync());
        }
    }

    [Fact]
    public async Task A_wrong_expected_sequence_deletes_nothing()
    {
        await using ILogStream stream = await WriteAsync();
        SequenceConflictException error = await Assert.ThrowsAsync<SequenceConflictException>(async () => await stream.DeleteAsync(new Sequence(9)));
        Assert.Equal((Id, new Sequence(9), new Sequence(10)), (error.Stream, error.Expected, error.Actual));
        Assert.True(stream.IsOwner);
        Assert.Equal(Events(1, 10), await HistoryAsync(stream));
        await stream.DeleteAsync(new Sequence(10));
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task A_handle_of_a_deleted_stream_can_do_no_more()
    {
        await using ILogStream stream = await WriteAsync();
        await using ILogStream other = await OpenAsync("other");
        await stream.DeleteAsync();
        Func<Task>[] calls =
        [
            async () => await stream.AppendAsync(Payloads.Of(11)),
            async () => await stream.AppendAsync(Payloads.Of(1), Sequence.Zero),
            async () => await stream.AppendAsync([Payloads.Of(11)]),
            async () => await stream.AppendStateAsync(Payloads.Of(11)),
            async () => await stream.CheckpointAsync(new Sequence(10), Payloads.Of("state")),
            async () => await stream.DeleteAsync(),
            async () => await Store.AppendAtomicAsync([new StreamAppend(other, [Payloads.Of(1)]), new StreamAppend(stream, [Payloads.Of(11)])]),
        ];
        foreach (Func<Task> call in calls)
            await Assert.ThrowsAsync<FencedException>(call);
        Assert.Equal(Sequence.Zero, other.Head);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task Deleting_a_stream_that_was_never_written_leaves_nothing()
    {
        await using ILogStream stream = await OpenAsync();
        await Assert.ThrowsAsync<SequenceConflictException>(async () => await stream.DeleteAsync(new Sequence(1)));
        await stream.DeleteAsync(Sequence.Zero);
        await Assert.ThrowsAsync<FencedException>(async () => await stream.AppendAsync(Payloads.Of(1)));
        Assert.Empty(await ListAsync());
        await ReopenAsync();
        Assert.Empty(await ListAsync());
        await using ILogStream again = await OpenAsync();
        Assert.Equal(new Sequence(1), (await again.AppendAsync(Payloads.Of(1))).Last);
    }

    [Fact]
    public async Task Appends_in_flight_are_decided_before_the_deletion()
    {
        for (int round = 0; round < 20; round++)
        {
            await using ILogStream stream = await OpenAsync();
            Task<AppendResult>[] before = [.. Enumerable.Range(1, 5).Select(i => stream.AppendAsync(Payloads.Of(i)).AsTask())];
            Task deletion = stream.DeleteAsync().AsTask();
            Task<AppendResult>[] after = [.. Enumerable.Range(1, 5).Select(i => stream.AppendAsync(Payloads.Of(i)).AsTask())];
            AppendResult[] results = await Task.WhenAll(before);
            Assert.Equal(Enumerable.Range(1, 5), results.Select(r => (int)r.Last.Value));
            await deletion;
            foreach (Task<AppendResult> append in after)
                await Assert.ThrowsAsync<FencedException>(() => append);
            Assert.Empty(await ListAsync());
        }
    }

    /// <summary>Creates a stream with ten events and a checkpoint.</summary>
    private async Task<ILogStream> WriteAsync()
    {
        ILogStream stream = await OpenAsync();
        if (stream.Head != Sequence.Zero)
            throw new InvalidOperationException("The stream has a life already.");
        await stream.AppendManyAsync(10);
        await stream.CheckpointAsync(new Sequence(6), Payloads.Of("state 6"));
        return stream;
    }
}
