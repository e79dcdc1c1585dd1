namespace Actors.Packages.Tests;

/// <summary>What a user does with the packages, step by step, outside of the repository.</summary>
[Collection(nameof(PackedPackages))]
public sealed class ConsumerTests(PackedPackages packages)
{
    [Fact]
    public async Task A_solution_from_the_template_builds_passes_its_tests_and_keeps_its_state_over_a_kill()
    {
        var consumer = new Consumer(packages);
        await consumer.CreateAsync();
        IReadOnlyList<string> examples = GuideCode.WithClasses(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "README.md")));
        Assert.NotEmpty(examples);
        await consumer.AddGuideAsync(examples);
        await consumer.RestoreAsync();
        string build = await packages.DotNet.RunAsync("dotnet", consumer.Root, "build", "--no-restore");
        Assert.Contains("0 Warning(s)", build, StringComparison.Ordinal);
        Assert.Contains("Passed: 3", string.Join(' ', (await packages.DotNet.RunAsync("dotnet", consumer.Root, "test", "--no-build")).Split(' ', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);

        using (var silo = new SiloOfTemplate(packages, consumer))
        {
            await silo.ReadyAsync();
            Assert.Equal(40, await silo.AddAsync("apples", 40));
            await silo.KillAsync();
        }

        using (var silo = new SiloOfTemplate(packages, consumer))
        {
            await silo.ReadyAsync();
            Assert.Equal(40, await silo.TotalAsync("apples"));
            Assert.Equal(42, await silo.AddAsync("apples", 2));
            await silo.KillAsync();
        }

        string tools = Path.Combine(packages.Scratch, "tools");
        await packages.DotNet.RunAsync("dotnet", packages.Scratch, "tool", "install", "Actors.Cli", "--tool-path", tools);
        string streams = await packages.DotNet.RunAsync(Path.Combine(tools, "walctl"), packages.Scratch, "inspect", Path.Combine(consumer.SiloDirectory, "data"), "--streams", "counter/", "--json");
        Assert.Contains("counter/apples/counter", streams, StringComparison.Ordinal);
    }
}
