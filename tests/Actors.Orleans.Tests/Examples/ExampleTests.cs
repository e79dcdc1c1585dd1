using Actors.Orleans.Journaling;
using Actors.Orleans.Tests.Durable;
using Actors.Orleans.Tests.Hosting;
using Counting;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Journaling.Json;
using Orleans.Transactions;

namespace Actors.Orleans.Tests.Examples;

/// <summary>The examples of the README and the guides are this project's code, and they work.</summary>
public sealed class ExampleTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("README.md", "CounterGrain.cs")]
    [InlineData("docs/how-to/doors/grain-logs.md", "CounterGrain.cs")]
    [InlineData("docs/how-to/doors/journaled-grains.md", "AuctionGrain.cs")]
    [InlineData("docs/how-to/doors/durable-grains.md", "BasketGrain.cs")]
    [InlineData("docs/how-to/doors/grain-storage.md", "MemberGrain.cs")]
    [InlineData("docs/how-to/doors/transactions.md", "WalletGrain.cs")]
    [InlineData("docs/how-to/doors/durable-jobs.md", "InvoiceGrain.cs")]
    [InlineData("docs/how-to/doors/reminders.md", "GardenGrain.cs")]
    public void A_guide_shows_the_grain_that_is_compiled_here(string guide, string file)
    {
        string source = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Examples", file));
        int start = source.IndexOf("// <example>", StringComparison.Ordinal) + "// <example>\n".Length;
        string example = source[start..source.IndexOf("// </example>", StringComparison.Ordinal)].Trim();
        Assert.Contains(example, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, guide)), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_guide_has_an_example_of_its_own()
    {
        string[] guides = [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "docs", "how-to", "doors"), "*.md").Select(f => $"docs/how-to/doors/{Path.GetFileName(f)}")];
        var shown = typeof(ExampleTests).GetMethod(nameof(A_guide_shows_the_grain_that_is_compiled_here))!
            .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false).Cast<InlineDataAttribute>().Select(d => (string)d.Data[0]!);
        Assert.NotEmpty(guides);
        Assert.Subset(shown.ToHashSet(), guides.ToHashSet());
    }

    [Fact]
    public async Task The_grain_with_a_log_survives_a_restart()
    {
        await using (WalCluster cluster = await StartAsync())
            await cluster.Client.GetGrain<ICounterGrain>("c").Add(40);
        await using WalCluster restarted = await StartAsync();
        Assert.Equal(42, await restarted.Client.GetGrain<ICounterGrain>("c").Add(2));
    }

    [Fact]
    public async Task The_journaled_grain_survives_a_restart()
    {
        await using (WalCluster cluster = await StartAsync())
        {
            IAuctionGrain auction = cluster.Client.GetGrain<IAuctionGrain>("a");
            Assert.True(await auction.Bid("ann", 10));
            Assert.False(await auction.Bid("bob", 10));
            Assert.True(await auction.Bid("bob", 11));
        }

        await using WalCluster restarted = await StartAsync();
        IAuctionGrain again = restarted.Client.GetGrain<IAuctionGrain>("a");
        Assert.Equal("bob", await again.GetLeader());
        Assert.Equal([new BidPlaced("ann", 10), new BidPlaced("bob", 11)], await again.GetHistory());
    }

    [Fact]
    public async Task The_durable_grain_survives_a_restart()
    {
        await using (WalCluster cluster = await StartAsync())
            Assert.Equal(2, await cluster.Client.GetGrain<IBasketGrain>("b").Put("apple", 2));
        await using WalCluster restarted = await StartAsync();
        Assert.Equal(5, await restarted.Client.GetGrain<IBasketGrain>("b").Put("apple", 3));
    }

    [Fact]
    public async Task The_grain_with_several_states_survives_a_restart()
    {
        await using (WalCluster cluster = await StartAsync())
        {
            IMemberGrain member = cluster.Client.GetGrain<IMemberGrain>("m");
            await member.Rename("Ada");
            Assert.Equal(1, await member.Visit());
            Assert.Equal(2, await member.Visit());
        }

        await using WalCluster restarted = await StartAsync();
        Assert.Equal("Ada, 2 visits", await restarted.Client.GetGrain<IMemberGrain>("m").Describe());
    }

    [Fact]
    public async Task The_transactional_grain_survives_a_restart()
    {
        await using (WalCluster cluster = await StartAsync())
        {
            await cluster.Client.GetGrain<IWalletGrain>("ann").Change(100);
            await cluster.Client.GetGrain<ICashierGrain>("till").Pay("ann", "bob", 30);
            await Assert.ThrowsAnyAsync<OrleansTransactionException>(() => cluster.Client.GetGrain<ICashierGrain>("till").Pay("bob", "ann", 31));
        }

        await using WalCluster restarted = await StartAsync();
        Assert.Equal(70, await restarted.Client.GetGrain<IWalletGrain>("ann").GetMoney());
        Assert.Equal(30, await restarted.Client.GetGrain<IWalletGrain>("bob").GetMoney());
    }

    [Fact]
    public async Task The_job_of_a_grain_survives_a_restart()
    {
        await using (WalCluster cluster = await StartAsync())
            await cluster.Client.GetGrain<IInvoiceGrain>("i").Send(TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(3));
        await using WalCluster restarted = await StartAsync();
        await UntilAsync(() => restarted.Client.GetGrain<IInvoiceGrain>("i").IsReminded());
    }

    [Fact]
    public async Task The_reminder_of_a_grain_survives_a_restart()
    {
        await using (WalCluster cluster = await StartAsync())
            await cluster.Client.GetGrain<IGardenGrain>("g").Plant();
        await using WalCluster restarted = await StartAsync();
        IReminderTable table = restarted.Services.GetRequiredService<IReminderTable>();
        Assert.Equal("water", Assert.Single((await table.ReadRows(restarted.Client.GetGrain<IGardenGrain>("g").GetGrainId())).Reminders).ReminderName);
    }

    private static async Task UntilAsync(Func<Task<bool>> isDone)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await isDone())
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
    }

    private Task<WalCluster> StartAsync() => WalCluster.StartAsync(_directory, silo: s =>
    {
        s.AddWriteAheadLogJournalStorage();
        s.UseJsonJournalFormat(DurableJson.Default);
        s.UseTransactions();
        s.UseWriteAheadLogReminders();
        s.UseJournaledDurableJobs(o => o.ShardCheckInterval = TimeSpan.FromMilliseconds(200));
    });
}
