using System.Globalization;
using System.Text.RegularExpressions;

namespace Actors.ClientDemo.Tests;

/// <summary>The demo itself: a silo process killed with SIGKILL under load, and everything read back.</summary>
public sealed partial class KillTests
{
    // Twenty kills in all: a run with several starts its silo only once more for each.
    private const int Kills = 4;
    private const int Callers = 64;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 5)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task A_killed_silo_loses_nothing(int seed)
    {
        using var demo = new DemoProcess();
        (int exitCode, string output, string error) = await demo.RunAsync(
            "--accounts", "200", "--events", "6000", "--callers", $"{Callers}", "--kills", $"{Kills}", "--seed", $"{seed}", "--json", demo.Json);
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

        // A caller has one call under way. The other steps were not sent, so they must not be checked as steps that may be in the log.
        int[] underWay = [.. UnderWay().Matches(output).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(Kills, underWay.Length);
        Assert.All(underWay, n => Assert.InRange(n, 0, Callers));
    }

    [GeneratedRegex("([0-9]+)\\s+calls\\s+under\\s+way")]
    private static partial Regex UnderWay();

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
