using System.Diagnostics;
using Actors.Bank;
using Actors.ClientDemo.Running;

namespace Actors.ClientDemo.Tests;

/// <summary>Two silo processes whose logs and membership are in one PostgreSQL database.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private const int Accounts = 60;

    private readonly PostgresServer _server = new();

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Events_acknowledged_by_a_killed_silo_are_on_the_other()
    {
        using SiloProgram first = Start();
        using SiloProgram second = Start();
        Assert.Equal("Healthy", await first.ReadyAsync());
        Assert.Equal("Healthy", await second.ReadyAsync());
        await using (BankClient client = await BankClient.ConnectAsync(first.Gateway, CancellationToken.None))
            await DepositAsync(client, transaction: 1);
        first.Process.Kill();

        // Until the other one has found out, and while the grains' directory moves, calls wait or fail.
        await using BankClient other = await BankClient.ConnectAsync(second.Gateway, CancellationToken.None);
        for (long account = 1; account <= Accounts; account++)
        {
            AccountSummary summary = await UntilItAnswersAsync(() => other.Account(account).GetSummary());
            Assert.Equal((1, account), (summary.Version, summary.Balance));
        }

        await DepositAsync(other, transaction: 2);
        using SiloProgram third = Start();
        Assert.Equal("Healthy", await third.ReadyAsync());
        await using BankClient last = await BankClient.ConnectAsync(third.Gateway, CancellationToken.None);
        for (long account = 1; account <= Accounts; account++)
            Assert.Equal(2 * account, (await UntilItAnswersAsync(() => last.Account(account).GetSummary())).Balance);

        // Beside the cluster.
        using Process check = SiloProgram.Start(["replay-check", .. Settings()]);
        string output = await check.StandardOutput.ReadToEndAsync();
        await check.WaitForExitAsync();
        Assert.Equal(0, check.ExitCode);
        Assert.StartsWith($"schema actors: {Accounts} streams, {2 * Accounts} events", output, StringComparison.Ordinal);
    }

    private static Task<Booking[]> DepositAsync(BankClient client, long transaction)
        => Task.WhenAll(Enumerable.Range(1, Accounts).Select(account => UntilItAnswersAsync(() => client.Account(account).Deposit(transaction, account))));

    private static async Task<T> UntilItAnswersAsync<T>(Func<Task<T>> call)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (tries < 60 && e is TimeoutException or OrleansException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            }
        }
    }

    private SiloProgram Start() => new(Settings());

    private string[] Settings() =>
    [
        "--Orleans:GrainStorage:wal:ProviderType=PostgresWriteAheadLog",
        $"--Orleans:GrainStorage:wal:Postgres:ConnectionString={_server.ConnectionString}",
        "--Orleans:Clustering:ProviderType=Postgres",
        $"--Orleans:Clustering:ConnectionString={_server.ConnectionString}",
        "--Orleans:ClusterMembership:ProbeTimeout=00:00:01",
        "--Orleans:ClusterMembership:NumMissedProbesLimit=2",
    ];
}
