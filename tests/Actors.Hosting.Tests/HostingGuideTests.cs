using System.Text.RegularExpressions;
using Actors.Hosting.Tests.Examples;

namespace Actors.Hosting.Tests;

/// <summary>The guide's code is the code of a program that works.</summary>
public sealed partial class HostingGuideTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_guide_shows_code_that_is_compiled_here()
    {
        string program = Unindented(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Examples", "HostedSilo.cs")));
        string[] blocks = [.. CodeBlock().Matches(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "how-to", "hosting.md"))).Select(m => m.Groups[1].Value)];
        Assert.InRange(blocks.Length, 4, 20);
        Assert.All(blocks, b => Assert.Contains(Unindented(b), program, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_guides_program_becomes_ready_and_stops()
    {
        int[] ports = FreePorts.Take(3);
        using var stop = new CancellationTokenSource();
        Task<int> running = HostedSilo.RunAsync([.. Settings(), "--Orleans:Clustering:ProviderType=Development", $"--Orleans:Endpoints:SiloPort={ports[0]}", $"--Orleans:Endpoints:GatewayPort={ports[1]}", "--Orleans:Endpoints:AdvertisedIPAddress=127.0.0.1", $"--urls=http://127.0.0.1:{ports[2]}"], stop.Token);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[2]}") };
        Assert.Equal("Healthy", await ReadyAsync(client, running));
        Assert.Equal("Healthy", await client.GetStringAsync(new Uri("/health/live", UriKind.Relative)));
        await stop.CancelAsync();
        Assert.Equal(0, await running);
        // A grain class of these tests has no [GrainType].
        Assert.Equal(1, await HostedSilo.RunAsync(["replay-check", .. Settings(), "--strict", "--retired", "a,b"], CancellationToken.None));
        Assert.Equal(0, await HostedSilo.RunAsync(["replay-check", .. Settings(), "--log=wal", _directory.Path], CancellationToken.None));
    }

    [Theory]
    [InlineData("--strict", "--Orleans:GrainStorage:wal:Sync=Always")]
    [InlineData("/here", "--Orleans:GrainStorage:wal:Sync", "Always")]
    [InlineData("/here", "/there")]
    [InlineData("--retired")]
    [InlineData("--log=")]
    public async Task Arguments_that_can_not_be_meant_so_are_exit_code_2(params string[] args)
        => Assert.Equal(2, await HostedSilo.RunAsync(["replay-check", .. Settings(), .. args], CancellationToken.None));

    private string[] Settings() => ["--Logging:LogLevel:Default=Error", "--Orleans:GrainStorage:wal:ProviderType=WriteAheadLog", $"--Orleans:GrainStorage:wal:Directory={_directory.Path}"];

    private static async Task<string> ReadyAsync(HttpClient client, Task running)
    {
        while (true)
        {
            try
            {
                using HttpResponseMessage response = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
                if (response.IsSuccessStatusCode)
                    return await response.Content.ReadAsStringAsync();
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            Assert.False(running.IsCompleted);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    private static string Unindented(string code) => string.Join('\n', code.Split('\n').Select(l => l.Trim())).Trim();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
