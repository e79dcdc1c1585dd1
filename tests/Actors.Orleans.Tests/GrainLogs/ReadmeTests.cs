using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;

namespace Actors.Orleans.Tests.GrainLogs;

/// <summary>The README's example is this project's code, and it works.</summary>
public sealed class ReadmeTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_README_shows_the_grain_that_is_compiled_here()
    {
        string source = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Grains", "CounterGrain.cs"));
        int start = source.IndexOf("// <example>", StringComparison.Ordinal) + "// <example>\n".Length;
        string example = source[start..source.IndexOf("// </example>", StringComparison.Ordinal)].Trim();
        Assert.Contains(example, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_grain_of_the_README_survives_a_restart()
    {
        await using (WalCluster cluster = await WalCluster.StartAsync(_directory))
            await cluster.Client.GetGrain<ICounterGrain>("c").Add(40);
        await using WalCluster restarted = await WalCluster.StartAsync(_directory);
        Assert.Equal(42, await restarted.Client.GetGrain<ICounterGrain>("c").Add(2));
    }
}
