using Actors.Orleans.Journaling;
using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Journaling;
using Orleans.Journaling.Json;
using Orleans.Storage;

namespace Actors.Orleans.Tests.Durable;

public sealed class DurableGrainTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Written_state_survives_a_clean_restart()
    {
        await using (WalCluster cluster = await StartAsync(_directory))
        {
            await Pantry(cluster).Put("salt", 1);
            await Pantry(cluster).Put("rice", 7);
            await Pantry(cluster).PutUnwritten("never", 9);
        }

        await using WalCluster restarted = await StartAsync(_directory);
        Assert.Equal(["rice=7", "salt=1", "writes=2"], await Pantry(restarted).Read());
        Assert.Equal(["salt=1", "rice=7"], await Pantry(restarted).ReadNotes());
    }

    [Fact]
    public async Task Written_state_survives_a_kill_of_the_silo()
    {
        WalCluster cluster = await StartAsync(_directory);
        for (int i = 0; i < 30; i++)
            await Pantry(cluster).Put($"{i % 4}", i);
        using TestDirectory image = _directory.Image();
        await cluster.Cluster.KillSiloAsync(cluster.Cluster.Silos[0]);
        await cluster.Cluster.DisposeAsync();
        await using WalCluster restarted = await StartAsync(image);
        Assert.Equal(["0=28", "1=29", "2=26", "3=27", "writes=30"], await Pantry(restarted).Read());
        Assert.Equal(30, (await Pantry(restarted).ReadNotes()).Length);
    }

    [Fact]
    public async Task Snapshots_bound_what_an_activation_reads()
    {
        await using WalCluster cluster = await StartAsync(_directory, o => o.CheckpointEvents = 20);
        IPantryGrain pantry = Pantry(cluster);
        for (int i = 0; i < 200; i++)
            await pantry.Put($"{i % 4}", i);
        StreamInfo stream = await StreamOfAsync(cluster, pantry);
        Assert.NotNull(stream.Checkpoint);
        Assert.InRange(stream.Head.Value - stream.First.Value, 0, 150);
        string[] before = await pantry.Read();
        await cluster.Cluster.DeactivateAsync(pantry);
        Assert.Equal(before, await pantry.Read());
    }

    [Fact]
    public async Task A_state_larger_than_a_record_is_a_snapshot_in_parts()
    {
        await using (WalCluster cluster = await StartAsync(_directory, o => o.CheckpointEvents = 3))
        {
            IPantryGrain pantry = Pantry(cluster);
            for (int i = 0; i < 16; i++)
                await pantry.PutMany($"{i}-", 100, 400);
            Assert.Equal(1600, await pantry.Count());
            Assert.NotNull((await StreamOfAsync(cluster, pantry)).Checkpoint);
            await cluster.Cluster.DeactivateAsync(pantry);
            Assert.Equal(1600, await pantry.Count());
            await pantry.Put("last", 1);
        }

        await using WalCluster restarted = await StartAsync(_directory);
        Assert.Equal(1601, await Pantry(restarted).Count());
    }

    [Fact]
    public async Task A_stale_activation_is_fenced_and_the_next_call_finds_what_was_written()
    {
        await using WalCluster cluster = await StartAsync(_directory);
        IPantryGrain pantry = Pantry(cluster);
        await pantry.Put("salt", 1);
        string stale = await pantry.GetActivation();
        using (var gate = new Gate())
        {
            Task putting = pantry.PutBehind(gate.Name, "lost", 1);
            await gate.Reached;
            await using ILogStream thief = await cluster.Store.OpenAsync((await StreamOfAsync(cluster, pantry)).Id);
            gate.Open();
            await Assert.ThrowsAsync<InconsistentStateException>(() => putting);
        }

        Assert.NotEqual(stale, await pantry.GetActivation());
        await pantry.Put("rice", 7);
        Assert.Equal(["rice=7", "salt=1", "writes=2"], await pantry.Read());
    }

    [Fact]
    public async Task An_activation_that_is_fenced_ends_by_itself()
    {
        await using WalCluster cluster = await StartAsync(_directory);
        IPantryGrain pantry = Pantry(cluster);
        await pantry.Put("salt", 1);
        string fenced = await pantry.GetActivation();
        await using (ILogStream thief = await cluster.Store.OpenAsync((await StreamOfAsync(cluster, pantry)).Id))
            await cluster.Cluster.WaitForDeactivationAsync(pantry);
        Assert.Equal(["salt=1", "writes=1"], await pantry.Read());
        Assert.NotEqual(fenced, await pantry.GetActivation());
    }

    [Fact]
    public async Task Deleted_state_starts_again()
    {
        await using WalCluster cluster = await StartAsync(_directory);
        IPantryGrain pantry = Pantry(cluster);
        await pantry.Put("salt", 1);
        string activation = await pantry.GetActivation();
        await pantry.DeleteState();
        Assert.Equal(["writes=0"], await pantry.Read());
        Assert.Equal(activation, await pantry.GetActivation());
        await pantry.Put("rice", 7);
        await cluster.Cluster.DeactivateAsync(pantry);
        Assert.Equal(["rice=7", "writes=1"], await pantry.Read());
    }

    [Fact]
    public async Task A_journal_of_one_format_is_read_by_a_silo_that_writes_another()
    {
        await using (WalCluster cluster = await StartAsync(_directory))
            await Pantry(cluster).Put("salt", 1);
        for (int turn = 0; turn < 2; turn++)
        {
            await using WalCluster binary = await StartAsync(_directory, silo: s => s.Services.Configure<JournaledStateManagerOptions>(o => o.JournalFormatKey = "orleans-binary"));
            await Pantry(binary).Put("rice", turn);
            Assert.Equal(["rice=" + turn, "salt=1", $"writes={turn + 2}"], await Pantry(binary).Read());
        }
    }

    [Fact]
    public async Task A_grain_that_is_gone_leaves_no_stream_open()
    {
        await using WalCluster cluster = await StartAsync(_directory);
        for (int i = 0; i < 20; i++)
        {
            IPantryGrain pantry = cluster.Client.GetGrain<IPantryGrain>($"{i}");
            await pantry.Put("salt", i);
            await cluster.Cluster.DeactivateAsync(pantry);
        }

        Assert.Equal(0, cluster.Store.Statistics.OpenStreams);
    }

    [Fact]
    public async Task Journals_are_listed()
    {
        await using WalCluster cluster = await StartAsync(_directory);
        await Pantry(cluster).Put("salt", 1);
        await cluster.Notebook("not a journal").Write("1");
        var journals = new List<string>();
        await foreach (JournalCatalogEntry journal in cluster.Services.GetRequiredService<IJournalStorageCatalog>().ListAsync(cancellationToken: TestContext.Current.CancellationToken))
            journals.Add(journal.Id.Value);
        Assert.Equal([Pantry(cluster).GetGrainId().ToString()], journals);
    }

    private static IPantryGrain Pantry(WalCluster cluster) => cluster.Client.GetGrain<IPantryGrain>("a");

    private static async Task<StreamInfo> StreamOfAsync(WalCluster cluster, IPantryGrain pantry)
        => Assert.Single(await cluster.Store.ListAsync($"{pantry.GetGrainId()}/durable", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));

    private static Task<WalCluster> StartAsync(TestDirectory directory, Action<WriteAheadLogOptions>? configure = null, Action<ISiloBuilder>? silo = null)
        => WalCluster.StartAsync(directory, configure, s =>
        {
            s.AddWriteAheadLogJournalStorage();
            s.UseJsonJournalFormat(DurableJson.Default);
            silo?.Invoke(s);
        });
}
