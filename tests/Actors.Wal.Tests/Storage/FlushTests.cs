using System.Diagnostics;

namespace Actors.Wal.Tests.Storage;

/// <summary>Why the store calls the system's flush itself.</summary>
public sealed class FlushTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_runtimes_own_flush_reports_success_when_the_device_failed()
        => Assert.Equal(0, await TraceAsync("managed-flush"));

    [Fact]
    public async Task The_stores_flush_reports_the_devices_error()
        => Assert.Equal(5, await TraceAsync("native-flush"));

    /// <summary>A directory that nobody synced is gone with everything in it when the power goes.</summary>
    [Fact]
    public async Task Every_directory_that_a_new_store_creates_is_synced_in_the_one_above_it()
    {
        string trace = Path.Combine(_directory.Path, "trace");
        string data = Path.Combine(_directory.Path, "data");
        Assert.Equal(0, await TraceAsync(
            ["-y", "-o", trace, "-e", "trace=mkdir,mkdirat,fsync", ProbeProcess.Path, "append", Path.Combine(data, "silo", "wal"), "1"]));
        string[] calls = File.ReadAllLines(trace);
        foreach ((string created, string above) in new[] { (data, _directory.Path), (Path.Combine(data, "silo"), data), (Path.Combine(data, "silo", "wal"), Path.Combine(data, "silo")) })
        {
            int made = Array.FindIndex(calls, c => c.Contains("mkdir", StringComparison.Ordinal) && c.Contains($"\"{created}\"", StringComparison.Ordinal));
            Assert.True(made >= 0, $"{created} was not created.");
            Assert.Contains(calls[made..], c => c.Contains("fsync(", StringComparison.Ordinal) && c.Contains($"<{above}>", StringComparison.Ordinal));
        }
    }

    /// <summary>Runs the probe with every flush failing as on a dead disk.</summary>
    private Task<int> TraceAsync(string command) => TraceAsync(
        ["-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO", ProbeProcess.Path, command, Path.Combine(_directory.Path, "file")]);

    private static async Task<int> TraceAsync(string[] arguments)
    {
        Prerequisite.Require(Programs.Find("strace") is not null, "Needs strace; install it (Debian: apt-get install strace).");
        using Process process = Process.Start(new ProcessStartInfo("strace", ["-f", "-qq", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await Task.WhenAll(output, errors);
        return process.ExitCode;
    }
}
