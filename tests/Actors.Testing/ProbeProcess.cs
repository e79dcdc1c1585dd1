using System.Diagnostics;

namespace Actors.Testing;

/// <summary>The probe program in its own process.</summary>
public sealed class ProbeProcess : IDisposable
{
    private readonly Process _process;

    private ProbeProcess(Process process) => _process = process;

    /// <summary>The path of the program, in the output directory of the tests.</summary>
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "Actors.Probe");

    public int Id => _process.Id;

    public static ProbeProcess Start(params string[] arguments)
        => new(Process.Start(new ProcessStartInfo(Path, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true })
            ?? throw new InvalidOperationException($"'{Path}' could not be started."));

    public Task<string?> ReadLineAsync() => _process.StandardOutput.ReadLineAsync();

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
