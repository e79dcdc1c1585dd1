namespace Actors.ClientDemo.Tests;

/// <summary>The demo itself: a silo process killed with SIGKILL under load, and everything read back.</summary>
public sealed class KillTests
{
    // Twenty kills in all: a run with several starts its silo only once more for each.
    private const int Kills = 4;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 5)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task A_killed_silo_loses_nothing(int seed)
    {
        using var demo = new DemoProcess();
        (int exitCode, string output, string error) = await demo.RunAsync(
            "--accounts", "50", "--events", "6000", "--callers", "128", "--kills", $"{Kills}", "--seed", $"{seed}", "--json", demo.Json);
        Assert.True(exitCode == 0, output + error);
        DemoResult result = demo.Result();
        Assert.Equal(0, result.Lost);
        Assert.Equal(0, result.Mismatched);
        Assert.Equal(Kills, result.Kills);
        Assert.InRange(result.Acknowledged + result.Beyond, 6000, 18_000);
        Assert.True(result.ReplayedEvents > 0);
        Assert.True(result.RecoveryMs > 0);
        Assert.True(result.ThroughputPerSecond > 0);
        Assert.True(result.P50Ms > 0 && result.P99Ms >= result.P50Ms);
        Assert.Empty(demo.LeftBehind);
    }

    [Fact]
    public async Task The_published_balances_of_a_real_ledger_come_back()
    {
        FileInfo ledger = Berka.File;
        using var demo = new DemoProcess();
        (int exitCode, string output, string error) = await demo.RunAsync("--ledger", ledger.FullName, "--json", demo.Json);
        Assert.True(exitCode == 0, output + error);
        DemoResult result = demo.Result();
        Assert.Equal(23_877, result.Acknowledged + result.Beyond);
        Assert.Equal(0, result.Lost);
        Assert.Equal(0, result.Mismatched);
    }
}
