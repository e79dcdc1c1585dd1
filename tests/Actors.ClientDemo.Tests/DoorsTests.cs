using Actors.ClientDemo.Doors;

namespace Actors.ClientDemo.Tests;

/// <summary>The demo's doors: a silo process killed with SIGKILL while all of them are called, and everything read back.</summary>
public sealed class DoorsTests
{
    [Fact]
    public async Task A_killed_silo_loses_nothing_behind_any_door_and_no_money()
    {
        const int Callers = 8;
        const int Kills = 2;
        using var demo = new DemoProcess();
        (int exitCode, string output, string error) = await demo.RunAsync(
            "doors", "--seconds", "4", "--callers", $"{Callers}", "--kills", $"{Kills}", "--seed", "7", "--json", demo.Json);
        Assert.True(exitCode == 0, output + error);
        DoorsResult result = demo.Result<DoorsResult>();
        Assert.Equal(DoorCatalogue.Names, result.Doors.Select(d => d.Door));
        Assert.All(result.Doors, d =>
        {
            Assert.Equal((0, 0), (d.Lost, d.Mismatched));
            Assert.InRange(d.Acknowledged, 1, long.MaxValue);
            Assert.InRange(d.Beyond, 0, Callers * Kills);
            Assert.Matches($@"│ {d.Door} +│ +{TableText.Count(d.Acknowledged)} │ +0 │ +{d.Beyond} │ +0 │", output);
        });
        Assert.Equal((Kills, true), (result.Kills, result.RecoveryMs > 0));
        Assert.NotNull(result.Money);
        Assert.Equal((Callers * TransferDoor.MoneyPerWallet, Callers * TransferDoor.MoneyPerWallet), (result.Money.Before, result.Money.After));
        Assert.True(result.Money.Refused > 0);
        Assert.Contains("Money in all wallets: 8,000,000 before, 8,000,000 after.", output, StringComparison.Ordinal);
        Assert.Empty(demo.LeftBehind);
    }

    [Fact]
    public async Task A_killed_silo_whose_logs_are_in_a_database_loses_nothing_behind_any_door()
    {
        const int Kills = 2;
        using var demo = new DemoProcess();
        await using var server = new PostgresServer();
        await server.InitializeAsync();
        (int exitCode, string output, string error) = await demo.RunAsync(
            "doors", "--seconds", "4", "--callers", "4", "--kills", $"{Kills}", "--postgres", server.ConnectionString, "--json", demo.Json);
        Assert.True(exitCode == 0, output + error);
        DoorsResult result = demo.Result<DoorsResult>();
        Assert.Equal(DoorCatalogue.Names, result.Doors.Select(d => d.Door));
        Assert.All(result.Doors, d => Assert.Equal((0, 0, true), (d.Lost, d.Mismatched, d.Acknowledged > 0)));
        Assert.Equal(Kills, result.Kills);
        Assert.Contains("logs in the database", output, StringComparison.Ordinal);
        Assert.Empty(demo.LeftBehind);
    }

    [Fact]
    public async Task Single_doors_can_be_run_and_a_directory_of_the_callers_is_kept()
    {
        using var directory = new TestDirectory();
        string logs = Path.Combine(directory.Path, "logs");
        using var demo = new DemoProcess();
        (int exitCode, string output, string error) = await demo.RunAsync(
            "doors", "--door", "storage", "--door", "grain-log", "--seconds", "1", "--callers", "2", "--kills", "1", "--directory", logs, "--json", demo.Json);
        Assert.True(exitCode == 0, output + error);
        DoorsResult result = demo.Result<DoorsResult>();
        Assert.Equal([DoorCatalogue.GrainLog, DoorCatalogue.Storage], result.Doors.Select(d => d.Door));
        Assert.Null(result.Money);
        Assert.DoesNotContain("Money", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(logs, "MANIFEST")));
        Assert.Empty(demo.LeftBehind);
    }
}
