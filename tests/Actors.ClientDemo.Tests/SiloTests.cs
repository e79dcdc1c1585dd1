using System.Diagnostics;
using System.Text.Json;
using Actors.Wal.Local;

namespace Actors.ClientDemo.Tests;

/// <summary>The silo's program, as an operator runs it.</summary>
public sealed class SiloTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_silo_is_ready_and_closes_its_log_on_SIGTERM()
    {
        using var silo = new SiloProgram($"--Orleans:GrainStorage:wal:Directory={_directory.Path}");
        Assert.Equal("Healthy", await silo.ReadyAsync());
        Assert.Equal("Healthy", await silo.Client.GetStringAsync("/health/live"));
        using (JsonDocument stats = JsonDocument.Parse(await silo.Client.GetStringAsync("/stats")))
        {
            Assert.Equal(0, stats.RootElement.GetProperty("durableLsn").GetInt64());
            Assert.InRange(stats.RootElement.GetProperty("segments").GetInt64(), 1, long.MaxValue);
            Assert.InRange(stats.RootElement.GetProperty("fileBytes").GetInt64(), 1, long.MaxValue);
            Assert.InRange(stats.RootElement.GetProperty("flushes").GetInt64(), 0, long.MaxValue);
        }

        Assert.Equal((0, "Healthy"), await HealthAsync(silo.Client.BaseAddress!));
        using Process kill = Process.Start("kill", ["-TERM", $"{silo.Process.Id}"]);
        await silo.Process.WaitForExitAsync();
        Assert.Equal(0, silo.Process.ExitCode);
        await using LocalLogStore store = await _directory.OpenAsync();
        Assert.True(store.Recovery.CleanClose);
    }

    [Fact]
    public async Task The_health_of_a_silo_that_does_not_run_is_a_line_and_exit_code_1()
    {
        var address = new Uri($"http://127.0.0.1:{FreePorts.One()}");
        (int exitCode, string output) = await HealthAsync(address);
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"{address}health/ready does not answer", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', output);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("*")]
    [InlineData("[::]")]
    public async Task The_health_of_a_silo_on_all_addresses_is_asked_on_loopback(string host)
    {
        int port = FreePorts.One();
        (_, string output) = await RunAsync("health", $"--urls=http://{host}:{port}");
        Assert.StartsWith($"http://127.0.0.1:{port}/health/ready ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_silo_uses_server_GC()
        => Assert.Contains(
            "\"System.GC.Server\": true",
            await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "silo", "Actors.Silo.runtimeconfig.json")),
            StringComparison.Ordinal);

    [Fact]
    public async Task A_directory_in_use_is_one_line_and_an_exit_code()
    {
        await using LocalLogStore holder = await _directory.OpenAsync();
        (int exitCode, string error) = await RefusedAsync($"--Orleans:GrainStorage:wal:Directory={_directory.Path}");
        Assert.Equal(2, exitCode);
        Assert.DoesNotContain('\n', error);
        Assert.StartsWith("silo: Write-ahead log 'wal' can't start", error, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Silo:SiloPort=0", "Silo:SiloPort is 0; it must be between 1 and 65535.")]
    [InlineData("--Silo:GatewayPort=x", "Section Silo:")]
    [InlineData("--Silo:Host=no.such.host.invalid", "Silo:Host 'no.such.host.invalid'")]
    [InlineData("--Orleans:GrainStorage:wal:Sync=perhaps", "'perhaps' is no sync policy")]
    [InlineData("--Orleans:GrainStorage:wal:Segmentbites=1", "is no setting of a write-ahead log")]
    public async Task A_wrong_setting_is_one_line_and_an_exit_code(string argument, string message)
    {
        (int exitCode, string error) = await RefusedAsync(argument, $"--Orleans:GrainStorage:wal:CheckpointEvents=7");
        Assert.Equal(2, exitCode);
        Assert.StartsWith("silo: ", error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    private static async Task<(int ExitCode, string Error)> RefusedAsync(params string[] arguments)
    {
        using var silo = new SiloProgram(arguments);
        (int exitCode, string output, string error) = await EndAsync(silo.Process);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal); // no trace comes before the line
        return (exitCode, error);
    }

    private static Task<(int ExitCode, string Output)> HealthAsync(Uri address) => RunAsync("health", $"--urls={address}");

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using Process process = SiloProgram.Start(arguments);
        (int exitCode, string output, _) = await EndAsync(process);
        return (exitCode, output);
    }

    private static async Task<(int ExitCode, string Output, string Error)> EndAsync(Process process)
    {
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output.Trim(), (await error).Trim());
    }
}
