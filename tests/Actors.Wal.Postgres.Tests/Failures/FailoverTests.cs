using System.Globalization;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Failures;

/// <summary>Two servers, of which one confirms what the other commits.</summary>
public sealed class FailoverTests : IAsyncLifetime
{
    private const string Name = "standby";

    private readonly PostgresServer _primary = new();
    private readonly PostgresServer _standby = new();
    private readonly AppendLoad _load = new();

    public async ValueTask InitializeAsync()
    {
        await _primary.InitializeAsync();
        await _standby.FollowAsync(_primary, Name);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(_primary.ConnectionString);
        await using (NpgsqlCommand alter = source.CreateCommand($"ALTER SYSTEM SET synchronous_standby_names = '{Name}'"))
            await alter.ExecuteNonQueryAsync();
        await using NpgsqlCommand reload = source.CreateCommand("SELECT pg_reload_conf()");
        await reload.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _primary.DisposeAsync();
        await _standby.DisposeAsync();
    }

    [Fact]
    public async Task Failing_over_to_a_synchronous_standby_loses_nothing_that_was_acknowledged_and_appends_go_on()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(BothServers());
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source, Patience = TimeSpan.FromMinutes(1) }))
        {
            await _load.RunAsync(store, async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
                await _primary.CrashAsync();
                await _standby.PromoteAsync();
                await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
            });
        }

        Assert.Empty(_load.Doubtful);
        await using NpgsqlDataSource promoted = NpgsqlDataSource.Create(_standby.ConnectionString);
        await _load.VerifyAsync(promoted);
        await _primary.StartAsync();
    }

    /// <summary>As an operator names them: whichever can be written to.</summary>
    private string BothServers()
    {
        int standby = new NpgsqlConnectionStringBuilder(_standby.ConnectionString).Port;
        var both = new NpgsqlConnectionStringBuilder(_primary.ConnectionString);
        both.Host = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{both.Port},127.0.0.1:{standby}");
        both.TargetSessionAttributes = "read-write";
        both.HostRecheckSeconds = 1;
        return both.ConnectionString;
    }
}
