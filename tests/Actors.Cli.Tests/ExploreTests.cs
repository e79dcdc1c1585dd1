using System.Diagnostics;
using System.Text.RegularExpressions;
using Actors.Wal.Local;

namespace Actors.Cli.Tests;

public sealed partial class ExploreTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Explore_serves_a_store_on_loopback_until_it_is_stopped()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await (await store.OpenAsync(new LogStreamId("a"))).AppendAsync([new EventData("{}"u8.ToArray())]);
        using Process walctl = Walctl.Start("explore", _directory.Path, "--no-browser");
        string line = await walctl.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? "";
        Match address = Address().Match(line);
        Assert.True(address.Success, line + await Ended(walctl));
        Assert.StartsWith(_directory.Path, line, StringComparison.Ordinal);
        using var client = new HttpClient();
        string page = await client.GetStringAsync(new Uri(address.Value), TestContext.Current.CancellationToken);
        Assert.Contains("<base href=\"/\"", page, StringComparison.Ordinal);
        foreach (Match asset in Assets().Matches(page))
            Assert.NotEmpty(await client.GetByteArrayAsync(new Uri(address.Value + asset.Groups[1].Value), TestContext.Current.CancellationToken));
        Assert.Equal(6, Assets().Count(page));
        using Process kill = Process.Start("kill", ["-INT", $"{walctl.Id}"]);
        await walctl.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, walctl.ExitCode);
    }

    [Fact]
    public async Task Explore_refuses_a_directory_without_a_store()
    {
        using Process walctl = Walctl.Start("explore", _directory.Path, "--no-browser");
        await walctl.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, walctl.ExitCode);
        Assert.Contains($"There is no store in '{_directory.Path}'", await walctl.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<string> Ended(Process walctl)
        => walctl.HasExited ? await walctl.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken) : "";

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/")]
    private static partial Regex Address();

    [GeneratedRegex("(?:src|href)=\"(assets/[^\"]+)\"")]
    private static partial Regex Assets();
}
