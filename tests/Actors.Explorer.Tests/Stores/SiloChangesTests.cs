using Actors.Explorer.Silos;
using Actors.Explorer.Stores;
using Actors.Explorer.Tests.Silos;
using Actors.Orleans;

namespace Actors.Explorer.Tests.Stores;

/// <summary>Streams in quarantine, and what an operator changes.</summary>
public sealed class SiloChangesTests : IAsyncLifetime
{
    private const string Stream = "counter/c/counter";

    private readonly TestDirectory _directory = new();
    private readonly TestDirectory _backups = new();
    private BankSilo? _silo;
    private SiloStores? _stores;

    private IExploredStore Store => _stores!.All[0];

    private IStoreChanges Changes => Store.Abilities.Changes!;

    public async ValueTask InitializeAsync()
    {
        _silo = await BankSilo.StartAsync(o => o.UseLocal(_directory.Path));
        _stores = new SiloStores(_silo.Services, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _stores!.Dispose();
        await _silo!.DisposeAsync();
        _directory.Dispose();
        _backups.Dispose();
    }

    [Fact]
    public async Task A_stream_in_quarantine_shows_the_event_that_failed_until_it_is_skipped()
    {
        ICounterGrain counter = _silo!.Grains.GetGrain<ICounterGrain>("c");
        await counter.Add(3, "three");
        await Assert.ThrowsAsync<GrainLogApplyException>(() => counter.Add(-1, "wrong"));
        await QuarantineAsync(counter);
        QuarantineRow row = Assert.Single((await Store.GetOverviewAsync()).Quarantined);
        Assert.Equal((Stream, 2L), (row.Stream, row.Sequence));
        Assert.Equal(StreamMarks.Quarantined, (await Store.FindAsync(Stream))!.Marks & StreamMarks.Quarantined);
        StateView failed = await Store.GetStateAsync(Stream, 2);
        Assert.Equal((2, null, null), (failed.Record!.Sequence, failed.After, failed.Before));
        Assert.Contains("An amount is never negative.", failed.Note, StringComparison.Ordinal);

        await Changes.SkipEventAsync(Stream, 2, "a mistake");
        Assert.Equal([false, true], (await Store.ReadAsync(Stream, 1, 2)).Select(r => r.IsSkipped));
        Assert.Equal(7, await counter.Add(4, "four"));
        Assert.Empty((await Store.GetOverviewAsync()).Quarantined);
        StateView after = await Store.GetStateAsync(Stream, 3);
        Assert.Null(after.Note);
        Assert.Contains("\"Total\": 7", after.After, StringComparison.Ordinal);
        Assert.Contains("\"Total\": 3", after.Before, StringComparison.Ordinal);

        await Changes.UnskipEventAsync(Stream, 2, "mended");
        Assert.Equal([false, false], (await Store.ReadAsync(Stream, 1, 2)).Select(r => r.IsSkipped));
    }

    [Fact]
    public async Task Compaction_and_a_backup_say_what_they_did()
    {
        await _silo!.Grains.GetGrain<ICounterGrain>("c").Add(3, "three");
        Assert.Contains("segments were compacted", await Changes.CompactAsync(), StringComparison.Ordinal);
        string target = Path.Combine(_backups.Path, "backup");
        Assert.Contains(target, await Changes.BackupAsync(target), StringComparison.Ordinal);
        Assert.True(Directory.Exists(target));
        await Assert.ThrowsAsync<IOException>(() => Changes.BackupAsync(target).AsTask());
        ExplorerException error = await Assert.ThrowsAsync<ExplorerException>(() => Changes.SkipEventAsync("no/such/stream", 1, "a reason").AsTask());
        Assert.Equal("There is no stream 'no/such/stream'.", error.Message);
    }

    /// <summary>Calls until the failed activation has ended and the next one has failed to replay.</summary>
    private static async Task QuarantineAsync(ICounterGrain counter)
    {
        Exception error;
        do
            error = await Assert.ThrowsAnyAsync<Exception>(() => counter.Add(1));
        while (error is InvalidOperationException && error.Message.Contains("this activation is ending", StringComparison.Ordinal));
    }
}
