using Actors.Wal.Local;

namespace Actors.Wal.Tests.Streams;

/// <summary>An activation opens a stream and replays it. What the opening has read is not read again.</summary>
public sealed class ReadOnceTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_stored_state_is_read_once_by_an_opening_and_its_replay()
        => Assert.Equal(1, await ReadsAsync(s => s.AppendStateAsync(Payloads.Of(1)).AsTask()));

    [Fact]
    public async Task A_checkpoint_at_the_head_and_the_event_before_it_are_read_once()
        => Assert.Equal(2, await ReadsAsync(async s =>
        {
            await s.AppendAsync(Payloads.Of(1));
            await s.CheckpointAsync(new Sequence(1), Payloads.Of(2));
        }));

    [Fact]
    public async Task A_checkpoint_and_an_event_behind_it_are_read_once()
        => Assert.Equal(2, await ReadsAsync(
            async s =>
            {
                await s.AppendAsync(Payloads.Of(1));
                await s.CheckpointAsync(new Sequence(1), new EventData(new byte[2_000]));
                await s.AppendAsync(Payloads.Of(3));
            },
            records: 2));

    [Fact]
    public async Task A_second_replay_reads_the_file_again()
    {
        await WriteAsync(s => s.AppendStateAsync(Payloads.Of(1)).AsTask());
        (LocalLogStore store, FaultyStorage storage) = Open();
        await using (store)
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            Assert.Single(await stream.ReplayAsync().ToListAsync());
            long before = storage.CountOf(StorageOperation.Read);
            Assert.Single(await stream.ReplayAsync().ToListAsync());
            Assert.Equal(before + 1, storage.CountOf(StorageOperation.Read));
        }
    }

    [Fact]
    public async Task The_readers_of_many_open_streams_do_not_pile_up()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        for (int i = 0; i < 300; i++)
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId($"s{i}"));
            await stream.AppendStateAsync(Payloads.Of(i));
        }

        var open = new List<ILogStream>();
        for (int i = 0; i < 300; i++)
            open.Add(await store.OpenAsync(new LogStreamId($"s{i}")));
        for (int i = 0; i < 300; i++)
            Assert.Equal(Payloads.Of(i).Payload.ToArray(), Assert.Single(await open[i].ReplayAsync().Select(r => r.Payload.ToArray()).ToListAsync()));
    }

    private async Task WriteAsync(Func<ILogStream, Task> write)
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await write(stream);
    }

    /// <summary>Returns how many reads of segment files an opening and a replay make.</summary>
    private async Task<long> ReadsAsync(Func<ILogStream, Task> write, int records = 1)
    {
        await WriteAsync(write);
        (LocalLogStore store, FaultyStorage storage) = Open();
        await using (store)
        {
            long before = storage.CountOf(StorageOperation.Read);
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            Assert.Equal(records, await stream.ReplayAsync().CountAsync());
            return storage.CountOf(StorageOperation.Read) - before;
        }
    }

    private (LocalLogStore Store, FaultyStorage Storage) Open()
    {
        FaultyStorage storage = FaultyStorage.In(_directory.Options);
        return (StoreOpening.Open(_directory.Options, storage), storage);
    }
}
