namespace Actors.Wal.Conformance;

/// <summary>
/// Rules for ownership: at any time one owner can append to a stream. The former and the new owner are handles of the same store, or
/// of two stores if the backend is shared.
/// </summary>
public abstract class OwnershipRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task Opening_a_stream_fences_its_earlier_owner()
    {
        (ILogStream stale, ILogStream owner) = await TakeOverAsync(events: 3);
        Assert.True(owner.Epoch > stale.Epoch);
        Assert.Equal((new Sequence(3), new Sequence(2)), (owner.Head, owner.Checkpoint));
        Func<Task>[] calls =
        [
            async () => await stale.AppendAsync(Payloads.Of("stale")),
            async () => await stale.AppendAsync([Payloads.Of("stale"), Payloads.Of("stale")]),
            async () => await stale.AppendAsync(Payloads.Of("stale"), new Sequence(3)),
            async () => await stale.AppendStateAsync(Payloads.Of("stale")),
            async () => await stale.CheckpointAsync(new Sequence(3), Payloads.Of("stale")),
            async () => await stale.TruncateAsync(new Sequence(2)),
            async () => await stale.DeleteAsync(),
        ];
        foreach (Func<Task> call in calls)
        {
            FencedException error = await Assert.ThrowsAsync<FencedException>(call);
            Assert.Equal((Id, stale.Epoch), (error.Stream, error.Epoch));
            Assert.False(stale.IsOwner);
        }

        // None of the refused records is ever read, and the owner is not affected.
        Assert.True(owner.IsOwner);
        await owner.AppendAsync(Payloads.Of(4), new Sequence(3));
        Assert.Equal(new Sequence(1), owner.First);
        Assert.Equal(["Checkpoint 2 state 2", .. Events(3, 4)], await owner.ReplayAsync().TextsAsync());
        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        Assert.Equal(["Checkpoint 2 state 2", .. Events(3, 4)], await again.ReplayAsync().TextsAsync());
        Assert.Equal(Events(1, 4), await HistoryAsync(again));
    }

    [Fact]
    public async Task A_fenced_owner_can_still_read()
    {
        (ILogStream stale, ILogStream owner) = await TakeOverAsync(events: 20);
        await owner.AppendManyAsync(5, 21);
        Assert.Equal(["Checkpoint 2 state 2", .. Events(3, 20)], (await stale.ReplayAsync().TextsAsync()).Take(19));
        Assert.Equal(Events(1, 20), await stale.ReadAsync(new Sequence(1), new Sequence(20)).TextsAsync());
        Assert.Equal(Events(1, 1), await stale.ReadAsOfAsync(new Sequence(1)).TextsAsync());
    }

    [Fact]
    public async Task Within_one_store_an_owner_knows_at_once_that_it_is_fenced()
    {
        await using ILogStream first = await OpenAsync();
        Assert.True(first.IsOwner);
        await using ILogStream second = await OpenAsync();
        Assert.Equal((false, true), (first.IsOwner, second.IsOwner));
        await second.DisposeAsync();
        Assert.Equal((false, false), (first.IsOwner, second.IsOwner));
        await Assert.ThrowsAsync<FencedException>(async () => await first.AppendAsync(Payloads.Of(1)));
    }

    [Fact]
    public async Task An_owner_is_told_when_its_stream_is_taken_over()
    {
        (ILogStream stale, ILogStream owner) = await TakeOverAsync(events: 3);
        await IsToldAsync(stale);
        Assert.False(stale.IsOwner);
        Assert.False(owner.OwnershipLost.IsCancellationRequested);
        await using ILogStream next = await OpenAsync();
        await IsToldAsync(owner);

        // A token that is read after the loss is already cancelled.
        Assert.True(stale.OwnershipLost.IsCancellationRequested);
    }

    [Fact]
    public async Task Among_many_owners_only_the_fenced_ones_are_told()
    {
        ILogStore other = await OtherStoreAsync();
        ILogStream[] streams = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Store.OpenAsync(new LogStreamId($"many/{i}")).AsTask()));
        await Task.WhenAll(streams.Where((_, i) => i % 4 != 0).Select(s => s.AppendManyAsync(2)));
        await Task.WhenAll(streams.Where((_, i) => i % 3 == 0).Select(s => other.OpenAsync(s.Id).AsTask()));
        foreach (ILogStream overtaken in streams.Where((_, i) => i % 3 == 0))
            await IsToldAsync(overtaken);
        bool[] owned = await Task.WhenAll(streams.Select(s => s.ConfirmOwnershipAsync().AsTask()));
        Assert.Equal(streams.Select((_, i) => i % 3 != 0), owned);
        Assert.Equal(owned, streams.Select(s => !s.OwnershipLost.IsCancellationRequested));
    }

    [Fact]
    public async Task An_owner_that_closes_or_deletes_its_stream_is_not_told()
    {
        ILogStream closed = await OpenAsync();
        CancellationToken first = closed.OwnershipLost;
        await closed.AppendManyAsync(2);
        await closed.DisposeAsync();
        ILogStream deleted = await OpenAsync();
        CancellationToken second = deleted.OwnershipLost;
        await deleted.DeleteAsync();
        await deleted.DisposeAsync();
        ILogStream stale = await OpenAsync();
        await using ILogStream last = await (await OtherStoreAsync()).OpenAsync(Id);
        await IsToldAsync(stale);
        Assert.Equal((false, false), (first.IsCancellationRequested, second.IsCancellationRequested));
        Assert.Equal((false, false), (closed.OwnershipLost.IsCancellationRequested, deleted.OwnershipLost.IsCancellationRequested));
    }

    [Fact]
    public async Task Ownership_is_confirmed_only_for_the_owner()
    {
        await using ILogStream stale = await OpenAsync();
        Assert.True(await stale.ConfirmOwnershipAsync());
        await stale.AppendManyAsync(3);
        await stale.CheckpointAsync(new Sequence(2), Payloads.Of("state"));
        Assert.True(await stale.ConfirmOwnershipAsync());
        await using ILogStream owner = await (await OtherStoreAsync()).OpenAsync(Id);
        Assert.Equal((false, true), (await stale.ConfirmOwnershipAsync(), await owner.ConfirmOwnershipAsync()));
        Assert.False(stale.IsOwner);
        await owner.TruncateAsync(new Sequence(3));
        Assert.True(await owner.ConfirmOwnershipAsync());
        await owner.DeleteAsync();
        Assert.False(await owner.ConfirmOwnershipAsync());
        ILogStream anew = await OpenAsync();
        Assert.Equal((false, true), (await owner.ConfirmOwnershipAsync(), await anew.ConfirmOwnershipAsync()));
        await anew.DisposeAsync();
        Assert.False(await anew.ConfirmOwnershipAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await owner.ConfirmOwnershipAsync(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Ownership_is_confirmed_during_appends()
    {
        await using ILogStream owner = await OpenAsync();
        Task<AppendResult>[] appends = [.. Enumerable.Range(0, 200).Select(i => owner.AppendAsync(Payloads.Of(i)).AsTask())];
        while (!appends[^1].IsCompleted)
            Assert.True(await owner.ConfirmOwnershipAsync());
        await Task.WhenAll(appends);
    }

    [Fact]
    public async Task A_stream_without_events_has_one_owner_too()
    {
        await using ILogStream stale = await OpenAsync();
        await using ILogStream owner = await (await OtherStoreAsync()).OpenAsync(Id);
        await Assert.ThrowsAsync<FencedException>(async () => await stale.AppendAsync(Payloads.Of("stale")));
        await owner.AppendAsync(Payloads.Of(1), Sequence.Zero);
        await Assert.ThrowsAsync<FencedException>(async () => await stale.AppendAsync(Payloads.Of("stale")));
        Assert.Equal(Events(1, 1), await owner.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task A_disposed_handle_can_not_append()
    {
        ILogStream stream = await OpenAsync();
        await stream.AppendAsync(Payloads.Of(1));
        await stream.DisposeAsync();
        await stream.DisposeAsync();
        Assert.False(stream.IsOwner);
        await Assert.ThrowsAsync<FencedException>(async () => await stream.AppendAsync(Payloads.Of(2)));
        await Assert.ThrowsAsync<FencedException>(async () => await stream.CheckpointAsync(new Sequence(1), Payloads.Of("state")));
        await Assert.ThrowsAsync<FencedException>(async () => await stream.DeleteAsync());
        await using ILogStream again = await OpenAsync();
        Assert.Equal(Events(1, 1), await again.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task Disposing_a_fenced_handle_leaves_the_owner_alone()
    {
        (ILogStream stale, ILogStream owner) = await TakeOverAsync(events: 3);
        await stale.DisposeAsync();
        Assert.True(owner.IsOwner);
        await owner.AppendAsync(Payloads.Of(4), new Sequence(3));
    }

    [Fact]
    public async Task Appends_in_flight_are_decided_before_the_next_owner_opens()
    {
        ILogStore other = await OtherStoreAsync();
        for (int round = 0; round < 30; round++)
        {
            await using ILogStream first = await (round % 2 == 0 ? Store : other).OpenAsync(Id);
            long before = first.Head.Value;
            Task<AppendResult>[] inFlight = [.. Enumerable.Range(0, 5).Select(i => first.AppendAsync(Payloads.Of($"{round}.{i}")).AsTask())];
            await using ILogStream second = await (round % 2 == 0 ? other : Store).OpenAsync(Id);
            Sequence head = second.Head;
            List<string> events = await second.ReadAsync(new Sequence(before + 1), End).TextsAsync();
            Assert.Equal(head.Value - before, events.Count);
            for (int i = 0; i < inFlight.Length; i++)
            {
                var sequence = new Sequence(before + 1 + i);
                if (await Record.ExceptionAsync(() => inFlight[i]) is { } error)
                {
                    Assert.IsType<FencedException>(error);
                    Assert.True(head < sequence);
                    continue;
                }

                Assert.Equal(sequence, (await inFlight[i]).Last);
                Assert.Equal($"Event {sequence} {round}.{i}", events[i]);
            }
        }
    }

    [Fact]
    public async Task Contending_owners_lose_no_acknowledged_append_and_keep_no_rejected_one()
    {
        ILogStore other = await OtherStoreAsync();
        var acknowledged = new System.Collections.Concurrent.ConcurrentDictionary<long, string>();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(c => Task.Run(() => FightAsync(c % 2 == 0 ? Store : other, c))));
        await using ILogStream last = await OpenAsync();
        Assert.Equal(
            acknowledged.OrderBy(a => a.Key).Select(a => $"Event {a.Key} {a.Value}"),
            await HistoryAsync(last));
        Assert.Equal(acknowledged.Count, last.Head.Value);

        async Task FightAsync(ILogStore store, int contender)
        {
            for (int round = 0; round < 15; round++)
            {
                await using ILogStream stream = await store.OpenAsync(Id);
                for (int i = 0; i < 4; i++)
                {
                    string text = $"{contender} {round} {i}";
                    try
                    {
                        AppendResult result = await stream.AppendAsync(Payloads.Of(text));
                        Assert.True(acknowledged.TryAdd(result.Last.Value, text));
                    }
                    catch (FencedException)
                    {
                        break;
                    }
                }
            }
        }
    }

    [Fact]
    public async Task Epochs_grow_with_every_owner_and_over_restarts()
    {
        Epoch last = Epoch.Zero;
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                await using ILogStream stream = await (j == 1 ? await OtherStoreAsync() : Store).OpenAsync(Id);
                Assert.True(stream.Epoch > last);
                last = stream.Epoch;
                // Some owners append an event, others append none.
                if (j == i)
                    await stream.AppendAsync(Payloads.Of(i));
            }

            await ReopenAsync();
        }
    }

    [Fact]
    public async Task A_record_says_which_owner_wrote_it()
    {
        var epochs = new List<Epoch>();
        for (int i = 0; i < 4; i++)
        {
            await using ILogStream stream = await OpenAsync();
            await stream.AppendAsync([Payloads.Of(1), Payloads.Of(2)]);
            epochs.AddRange([stream.Epoch, stream.Epoch]);
        }

        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        Assert.Equal(epochs, (await again.ReplayAsync().CopiesAsync()).Select(r => r.Epoch));
    }

    [Fact]
    public async Task An_owner_of_a_deleted_stream_can_not_write_to_the_one_that_was_created_in_its_place()
    {
        (ILogStream stale, ILogStream owner) = await TakeOverAsync(events: 3);
        await owner.DeleteAsync();
        Assert.False(owner.IsOwner);
        await using ILogStream anew = await Store.OpenAsync(Id);
        Assert.True(anew.Epoch > owner.Epoch);
        foreach (ILogStream former in new[] { stale, owner })
        {
            await Assert.ThrowsAsync<FencedException>(async () => await former.AppendAsync(Payloads.Of("former")));
            await Assert.ThrowsAsync<FencedException>(async () => await former.AppendAsync(Payloads.Of("former"), Sequence.Zero));
        }

        await anew.AppendManyAsync(3);
        foreach (ILogStream former in new[] { stale, owner })
        {
            await Assert.ThrowsAsync<FencedException>(async () => await former.AppendAsync(Payloads.Of("former"), new Sequence(3)));
            await Assert.ThrowsAsync<FencedException>(async () => await former.DeleteAsync());
        }

        Assert.Equal(Events(1, 3), await anew.ReplayAsync().TextsAsync());
    }

    private static async Task IsToldAsync(ILogStream stream)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = stream.OwnershipLost.Register(told.SetResult);
        await told.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    /// <summary>Returns a stream with events and a checkpoint at 2: the owner that wrote it, and the owner that took it over.</summary>
    private async Task<(ILogStream Stale, ILogStream Owner)> TakeOverAsync(int events)
    {
        ILogStream stale = await OpenAsync();
        await stale.AppendManyAsync(events);
        await stale.CheckpointAsync(new Sequence(2), Payloads.Of("state 2"));
        return (stale, await (await OtherStoreAsync()).OpenAsync(Id));
    }
}
