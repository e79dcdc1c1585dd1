using System.Buffers;
using Actors.Orleans.Journaling.Journals;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Microsoft.Extensions.Options;
using Orleans.Journaling;
using Orleans.Storage;

namespace Actors.Orleans.Tests.Durable;

/// <summary>The rules of journal storage on a log store, and what goes beyond them.</summary>
public abstract class WalJournalTests(TestBackend backend) : JournalStorageRules, IAsyncLifetime
{
    private const int MaxRecordBytes = 16 * 1024;
    private const int MostShared = 4;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return backend.DisposeAsync();
    }

    [Fact]
    public async Task A_stale_activation_can_not_append_even_if_the_journal_was_empty_when_it_was_read()
    {
        await using IJournalHost host = await StartAsync();
        (string text, Exception? error) = await AppendFromAStaleActivationAsync(host);
        Assert.IsType<InconsistentStateException>(error);
        Assert.Equal("current;", text);
    }

    [Fact]
    public async Task A_stale_activation_can_neither_replace_nor_delete()
    {
        await using IJournalHost host = await StartAsync();
        await AppendAsync(await OpenAsync(host), "first;");
        foreach (Func<IJournalStorage, Task> call in new Func<IJournalStorage, Task>[]
        {
            s => ReplaceAsync(s, "stale;"),
            s => ReplaceAsync(s, new string('s', 5 * MaxRecordBytes)),
            async s => await s.DeleteAsync(TestContext.Current.CancellationToken),
        })
        {
            IJournalStorage stale = await OpenAsync(host);
            await OpenAsync(host);
            await Assert.ThrowsAsync<InconsistentStateException>(() => call(stale));
        }

        Assert.Equal("first;", (await JournalReader.ReadAsync(host.Storage("j"))).Text);
    }

    [Fact]
    public async Task A_stale_activation_that_reads_again_may_append_again()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage stale = await OpenAsync(host);
        await AppendAsync(await OpenAsync(host), "1;");
        await Assert.ThrowsAsync<InconsistentStateException>(() => AppendAsync(stale, "lost;"));
        Assert.Equal("1;", (await JournalReader.ReadAsync(stale)).Text);
        await AppendAsync(stale, "2;");
        Assert.Equal("1;2;", (await JournalReader.ReadAsync(host.Storage("j"))).Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(MaxRecordBytes - 300)]
    [InlineData(MaxRecordBytes)]
    [InlineData(10 * MaxRecordBytes)]
    public async Task Appends_and_replacements_of_any_size_read_back(int bytes)
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage storage = await OpenAsync(host);
        string appended = new('a', Math.Min(bytes, 3 * MaxRecordBytes));
        string replaced = new('r', bytes);
        await AppendAsync(storage, appended);
        Assert.Equal(appended, (await JournalReader.ReadAsync(host.Storage("j"))).Text);
        storage = await OpenAsync(host);
        await ReplaceAsync(storage, replaced);
        await AppendAsync(storage, "tail");
        Assert.Equal(replaced + "tail", (await JournalReader.ReadAsync(host.Storage("j"))).Text);
        await ReplaceAsync(await OpenAsync(host), "small;");
        Assert.Equal("small;", (await JournalReader.ReadAsync(host.Storage("j"))).Text);
    }

    [Fact]
    public async Task Parts_of_a_replacement_that_was_not_finished_are_nothing()
    {
        await using var host = (Host)await StartAsync();
        await AppendAsync(await OpenAsync(host), "kept;");
        await using (ILogStream stream = await host.Store.OpenAsync(new LogStreamId("j/durable"), cancellationToken: TestContext.Current.CancellationToken))
        {
            await stream.AppendAsync(JournalRecord.OfSnapshotPart(new ReadOnlySequence<byte>("unfinished;"u8.ToArray())), cancellationToken: TestContext.Current.CancellationToken);
        }

        IJournalStorage storage = host.Storage("j");
        Assert.Equal("kept;", (await JournalReader.ReadAsync(storage)).Text);
        await AppendAsync(storage, "more;");
        Assert.Equal("kept;more;", (await JournalReader.ReadAsync(host.Storage("j"))).Text);
        storage = await OpenAsync(host);
        await ReplaceAsync(storage, new string('x', 2 * MaxRecordBytes));
        Assert.Equal(new string('x', 2 * MaxRecordBytes), (await JournalReader.ReadAsync(host.Storage("j"))).Text);
    }

    [Fact]
    public async Task A_snapshot_is_asked_for_when_the_tail_is_as_long_as_the_last_one()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage storage = await OpenAsync(host);
        int appends = 0;
        for (; !storage.IsCompactionRequested; appends++)
            await AppendAsync(storage, new string('a', 100));
        Assert.Equal(10, appends);
        await ReplaceAsync(storage, new string('s', 5000));
        Assert.False(storage.IsCompactionRequested);
        for (appends = 0; !storage.IsCompactionRequested; appends++)
            await AppendAsync(storage, new string('a', 100));
        Assert.Equal(50, appends);
        // A new activation counts what it has read.
        Assert.True((await OpenAsync(host)).IsCompactionRequested);
    }

    [Fact]
    public async Task A_replacement_truncates_the_old_journal()
    {
        await using var host = (Host)await StartAsync();
        IJournalStorage storage = await OpenAsync(host);
        for (int i = 0; i < 10; i++)
            await AppendAsync(storage, "x;");
        await ReplaceAsync(storage, new string('s', 3 * MaxRecordBytes));
        StreamInfo stream = Assert.Single(await host.Store.ListAsync("j/", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(12, stream.First.Value);
    }

    [Fact]
    public async Task A_stream_that_is_no_journal_is_refused_with_its_place()
    {
        await using var host = (Host)await StartAsync();
        await using (ILogStream stream = await host.Store.OpenAsync(new LogStreamId("j/durable"), cancellationToken: TestContext.Current.CancellationToken))
            await stream.AppendAsync(new EventData("what is this"u8.ToArray()), cancellationToken: TestContext.Current.CancellationToken);
        GrainLogDecodeException error = await Assert.ThrowsAsync<GrainLogDecodeException>(() => JournalReader.ReadAsync(host.Storage("j")));
        Assert.Equal("j/durable", error.Stream);
        Assert.Equal(1, error.Version);
    }

    [Fact]
    public async Task Readers_of_a_journal_that_no_grain_owns_leave_its_writer_on_the_same_silo_alone()
    {
        await using var host = (Host)await StartAsync();
        IJournalStorage writer = host.Shared("j");
        Assert.True(await host.Shared("j").CreateIfNotExistsAsync(cancellationToken: TestContext.Current.CancellationToken));
        await JournalReader.ReadAsync(writer);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(string.Concat(Enumerable.Range(0, i).Select(n => $"{n};")), (await JournalReader.ReadAsync(host.Shared("j"))).Text);
            await AppendAsync(writer, $"{i};");
        }

        await writer.DeleteAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", (await JournalReader.ReadAsync(host.Shared("j"))).Text);
    }

    [Fact]
    public async Task The_stale_writer_of_a_journal_without_a_grain_is_refused_until_it_reads_again()
    {
        await using var host = (Host)await StartAsync();
        IJournalStorage first = host.Shared("j");
        IJournalStorage second = host.Shared("j");
        await JournalReader.ReadAsync(first);
        await JournalReader.ReadAsync(second);
        await AppendAsync(first, "1;");
        await Assert.ThrowsAsync<InconsistentStateException>(() => AppendAsync(second, "lost;"));
        await Assert.ThrowsAsync<InconsistentStateException>(() => ReplaceAsync(second, "lost;"));
        await Assert.ThrowsAsync<InconsistentStateException>(async () => await second.DeleteAsync(TestContext.Current.CancellationToken));
        await JournalReader.ReadAsync(second);
        await AppendAsync(second, "2;");
        await Assert.ThrowsAsync<InconsistentStateException>(() => AppendAsync(first, "lost;"));
        Assert.Equal("1;2;", (await JournalReader.ReadAsync(host.Shared("j"))).Text);
    }

    [Fact]
    public async Task Another_silo_that_reads_a_journal_ends_its_writer()
    {
        await using var host = (Host)await StartAsync();
        IJournalStorage writer = host.Shared("j");
        await AppendAsync(writer, "1;");
        await using (ILogStream other = await host.Store.OpenAsync(new LogStreamId("j/durable"), cancellationToken: TestContext.Current.CancellationToken))
        {
            await Assert.ThrowsAsync<InconsistentStateException>(() => AppendAsync(writer, "lost;"));
            await Assert.ThrowsAsync<InconsistentStateException>(() => AppendAsync(writer, "lost;"));
            Assert.True(other.IsOwner);
        }

        Assert.Equal("1;", (await JournalReader.ReadAsync(writer)).Text);
        await AppendAsync(writer, "2;");
        Assert.Equal("1;2;", (await JournalReader.ReadAsync(host.Shared("j"))).Text);
    }

    [Fact]
    public async Task Journals_that_no_grain_owns_are_closed_by_last_use_and_go_on()
    {
        await using var host = (Host)await StartAsync();
        IJournalStorage[] journals = [.. Enumerable.Range(0, 10 * MostShared).Select(i => host.Shared($"j{i}"))];
        for (int round = 0; round < 3; round++)
        {
            foreach (IJournalStorage journal in journals)
                await AppendAsync(journal, $"{round};");
            Assert.InRange(host.Store.Statistics.OpenStreams, 1, MostShared);
        }

        // Written to by another owner while it was let go.
        await AppendAsync(host.Storage("j0"), "other;");
        await Assert.ThrowsAsync<InconsistentStateException>(() => AppendAsync(journals[0], "lost;"));
        Assert.Equal("0;1;2;other;", (await JournalReader.ReadAsync(journals[0])).Text);
        Assert.Equal("0;1;2;", (await JournalReader.ReadAsync(journals[1])).Text);
    }

    [Fact]
    public async Task Properties_that_would_leave_no_room_for_bytes_are_refused()
    {
        await using var host = (Host)await StartAsync();
        IJournalStorage storage = host.Shared("j");
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(async () => await storage.CreateIfNotExistsAsync(new Dictionary<string, string> { ["a"] = new('x', MaxRecordBytes / 3) }, TestContext.Current.CancellationToken));
        Assert.Contains("half of MaxRecordBytes", error.Message, StringComparison.Ordinal);
        Assert.Null(await storage.GetMetadataAsync(TestContext.Current.CancellationToken));
        Assert.True(await storage.CreateIfNotExistsAsync(new Dictionary<string, string> { ["a"] = new('x', MaxRecordBytes / 8) }, TestContext.Current.CancellationToken));
        await ReplaceAsync(storage, new string('s', 5 * MaxRecordBytes));
        Assert.Equal(5 * MaxRecordBytes, (await JournalReader.ReadAsync(host.Shared("j"))).Text.Length);
    }

    [Fact]
    public async Task Silos_that_change_the_metadata_of_one_journal_at_once_lose_no_change()
    {
        const int Silos = 4;
        const int Changes = 25;
        await using var host = (Host)await StartAsync();
        await host.Shared("j").CreateIfNotExistsAsync(cancellationToken: TestContext.Current.CancellationToken);
        await Task.WhenAll(Enumerable.Range(0, Silos).Select(silo => Task.Run(async () =>
        {
            IJournalStorage storage = host.OnAnotherSilo("j");
            for (int i = 0; i < Changes; i++)
                Assert.NotNull(await storage.UpdateMetadataAsync(new Dictionary<string, string> { [$"{silo}.{i}"] = "x" }, cancellationToken: TestContext.Current.CancellationToken));
        })));
        Assert.Equal(Silos * Changes, (await host.Shared("j").GetMetadataAsync(TestContext.Current.CancellationToken))!.Properties.Count);
    }

    [Fact]
    public async Task A_look_at_metadata_opens_no_stream()
    {
        await using var host = (Host)await StartAsync();
        await host.Shared("j").CreateIfNotExistsAsync(new Dictionary<string, string> { ["a"] = "1" }, TestContext.Current.CancellationToken);
        long open = host.Store.Statistics.OpenStreams;
        for (int i = 0; i < 20; i++)
        {
            Assert.NotNull(await host.Shared("j").GetMetadataAsync(TestContext.Current.CancellationToken));
            Assert.Null(await host.Shared($"none {i}").GetMetadataAsync(TestContext.Current.CancellationToken));
        }

        Assert.Equal(open, host.Store.Statistics.OpenStreams);
    }

    [Fact]
    public async Task Metadata_that_a_crash_left_behind_counts_for_nothing()
    {
        await using var host = (Host)await StartAsync();
        IJournalStorage storage = host.Shared("j");
        await storage.CreateIfNotExistsAsync(new Dictionary<string, string> { ["a"] = "1" }, TestContext.Current.CancellationToken);
        await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["a"] = "2" }, cancellationToken: TestContext.Current.CancellationToken);
        // The journal is deleted; the crash comes before its metadata are.
        await using (ILogStream stream = await host.Store.OpenAsync(new LogStreamId("j/durable"), cancellationToken: TestContext.Current.CancellationToken))
            await stream.DeleteAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Null(await host.Shared("j").GetMetadataAsync(TestContext.Current.CancellationToken));
        Assert.True(await host.Shared("j").CreateIfNotExistsAsync(new Dictionary<string, string> { ["b"] = "3" }, TestContext.Current.CancellationToken));
        Assert.Equal(["b=3"], (await host.Shared("j").GetMetadataAsync(TestContext.Current.CancellationToken))!.Properties.Select(p => $"{p.Key}={p.Value}"));
        Assert.NotNull(await host.Shared("j").UpdateMetadataAsync(new Dictionary<string, string> { ["c"] = "4" }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(["b=3", "c=4"], (await host.Shared("j").GetMetadataAsync(TestContext.Current.CancellationToken))!.Properties.Select(p => $"{p.Key}={p.Value}").Order());
    }

    protected override async Task<IJournalHost> StartAsync()
        => new Host(await backend.OpenAsync());

    private sealed class Host(ILogStore store) : IJournalHost
    {
        private readonly WalJournalStorageProvider _provider = ProviderOn(store);

        public ILogStore Store => store;

        public IJournalStorageCatalog Catalog => _provider;

        public IJournalStorage Storage(string id) => _provider.OfActivation(new JournalId(id));

        public IJournalStorage Shared(string id) => _provider.CreateStorage(new JournalId(id));

        public IJournalStorage OnAnotherSilo(string id) => ProviderOn(store).CreateStorage(new JournalId(id));

        public ValueTask DisposeAsync() => store.DisposeAsync();

        private static WalJournalStorageProvider ProviderOn(ILogStore store)
            => new(
                () => store,
                new WriteAheadLogOptions { MaxRecordBytes = MaxRecordBytes, CheckpointEvents = 10, StorageStreams = MostShared },
                Options.Create(new JournaledStateManagerOptions()),
                null);
    }
}

public sealed class LocalWalJournalTests() : WalJournalTests(new LocalBackend());

public sealed class MemoryWalJournalTests() : WalJournalTests(new MemoryBackend());

public sealed class PostgresWalJournalTests(TestServer server) : WalJournalTests(new PostgresBackend(server));

/// <summary>The rules on the provider that Orleans brings for tests, and what it lacks.</summary>
public sealed class VolatileJournalTests : JournalStorageRules
{
    [Fact]
    public async Task A_stale_activation_can_append_undetected()
    {
        await using IJournalHost host = await StartAsync();
        (string text, Exception? error) = await AppendFromAStaleActivationAsync(host);
        Assert.Null(error);
        Assert.Equal("stale;current;", text);
    }

    protected override Task<IJournalHost> StartAsync() => Task.FromResult<IJournalHost>(new Host());

    private sealed class Host : IJournalHost
    {
        private readonly VolatileJournalStorageProvider _provider = new();

        public IJournalStorageCatalog Catalog => _provider;

        public IJournalStorage Storage(string id) => _provider.CreateStorage(new JournalId(id));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
