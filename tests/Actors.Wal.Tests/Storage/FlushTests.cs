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

    /// <summary>Runs the probe with every flush failing as on a dead disk.</summary>
    private async Task<int> TraceAsync(string command)
    {
        var start = new ProcessStartInfo("strace")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO",
                ProbeProcess.Path, command, Path.Combine(_directory.Path, "file"),
            },
        };
        using Process process = Start(start);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException("This test needs strace, a Debian package of that name: " + e.Message, e);
        }
    }
}
