using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Actors.Wal;

namespace Actors.ClientDemo.Tests;

/// <summary>The silo's program, as an operator runs it.</summary>
public sealed class SiloTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_is_ready_live_and_closes_its_log_on_SIGTERM()
    {
        int http = FreePort();
        using Process silo = Start($"--urls=http://127.0.0.1:{http}", $"--Orleans:GrainStorage:wal:Directory={_directory.Path}");
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
        Assert.Equal("Healthy", await ReadyAsync(client, silo));
        Assert.Equal("Healthy", await client.GetStringAsync("/health/live"));
        Assert.Contains("\"durableLsn\"", await client.GetStringAsync("/stats"), StringComparison.Ordinal);
        using Process kill = Process.Start("kill", ["-TERM", $"{silo.Id}"]);
        await silo.WaitForExitAsync();
        Assert.Equal(0, silo.ExitCode);
        await using LocalLogStore store = await _directory.OpenAsync();
        Assert.True(store.Recovery.CleanClose);
    }

    [Fact]
    public async Task A_directory_in_use_is_one_line_and_an_exit_code()
    {
        await using LocalLogStore holder = await _directory.OpenAsync();
        (int exitCode, string error) = await RefusedAsync($"--Orleans:GrainStorage:wal:Directory={_directory.Path}");
        Assert.Equal(2, exitCode);
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
        using Process silo = Start([$"--urls=http://127.0.0.1:{FreePort()}", .. arguments]);
        Task<string> error = silo.StandardError.ReadToEndAsync();
        await silo.StandardOutput.ReadToEndAsync();
        await silo.WaitForExitAsync();
        return (silo.ExitCode, (await error).Trim());
    }

    private static async Task<string> ReadyAsync(HttpClient client, Process silo)
    {
        while (!silo.HasExited)
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
        }

        return $"The silo ended with code {silo.ExitCode}.";
    }

    private static Process Start(params string[] arguments)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "silo");
        var start = new ProcessStartInfo(Path.Combine(folder, "Actors.Silo"), [$"--Silo:SiloPort={FreePort()}", $"--Silo:GatewayPort={FreePort()}", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        return Process.Start(start)!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
