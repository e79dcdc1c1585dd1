using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Actors.Wal.Local;

namespace Actors.Orleans.Tests.JournaledGrains;

/// <summary>What a journaled grain is told when the disk of the local store fails.</summary>
public sealed class JournaledGrainFaultTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_full_disk_fails_the_confirmation_and_the_grain_goes_on_when_there_is_room()
    {
        LocalLogStoreOptions options = _directory.Options;
        FaultyStorage storage = FaultyStorage.In(options);
        await using LocalLogStore store = Wal.Local.StoreOpening.Open(options, storage);
        await using WalCluster cluster = await WalCluster.StartSharedAsync(store, 1);
        IDiaryGrain diary = Diary(cluster);
        storage.Fault = (operation, _) => operation == StorageOperation.Allocate ? FaultyStorage.Error(FaultyStorage.NoSpace) : null;
        string line = new('x', 10_000);
        int written = 0;
        await Assert.ThrowsAsync<StoreFullException>(async () =>
        {
            for (; written < 1000; written++)
                await diary.Write(line);
        });
        // What was refused is in neither state; whoever raises without confirming is told by the next confirmation.
        Assert.Equal(written, (await diary.Read()).Length);
        Assert.Equal(written, (await diary.ReadTentative()).Length);
        await diary.WriteUnconfirmed(line);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await diary.GetIssues() < 2)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, patience.Token);
        await Assert.ThrowsAsync<StoreFullException>(() => diary.Confirm());
        await diary.Confirm();
        storage.Fault = static (_, _) => null;
        while (store.Parts.Supply.Full is not null)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, patience.Token);
        Assert.Equal(written + 1, await diary.Write("after"));
        Assert.EndsWith(" 2 1", await diary.GetNotifications(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_store_fails_the_confirmation_as_unknown_and_the_activation_ends()
    {
        LocalLogStoreOptions options = _directory.Options;
        FaultyStorage storage = FaultyStorage.In(options);
        await using LocalLogStore store = Wal.Local.StoreOpening.Open(options, storage);
        await using WalCluster cluster = await WalCluster.StartSharedAsync(store, 1, o => o.CheckpointAtDeactivation = false);
        IDiaryGrain diary = Diary(cluster);
        await diary.Write("1");
        storage.Fault = (operation, _) => operation == StorageOperation.Sync ? FaultyStorage.Error(FaultyStorage.InputOutput) : null;
        await Assert.ThrowsAsync<AppendOutcomeUnknownException>(() => diary.Write("3"));
        await cluster.Cluster.WaitForDeactivationAsync(diary);
        await Assert.ThrowsAnyAsync<Exception>(() => diary.Write("4"));
    }

    private static IDiaryGrain Diary(WalCluster cluster) => cluster.Client.GetGrain<IDiaryGrain>("a");
}
