using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Actors.ClientDemo.Tests;

/// <summary>The demo as its user runs it: a process, with a temporary directory of its own that must be empty afterwards.</summary>
internal sealed class DemoProcess : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Actors.ClientDemo");

    private readonly TestDirectory _temporary = new();
    private readonly TestDirectory _files = new();
    private Process? _process;

    public string Json => Path.Combine(_files.Path, "result.json");

    public IEnumerable<string> LeftBehind => Directory.EnumerateFileSystemEntries(_temporary.Path)
        .Where(e => Path.GetFileName(e).StartsWith("actors-demo-", StringComparison.Ordinal));

    public string Write(string name, string text)
    {
        string path = Path.Combine(_files.Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using Process process = Start(Program, arguments);
        return await EndAsync(process);
    }

    public async Task<(int ExitCode, string Output, string Error)> InterruptAsync(string afterLine, params string[] arguments)
    {
        // Whatever a script starts in its background inherits an ignored SIGINT; this demo must hear it.
        using Process process = Start("env", ["--default-signal=INT", Program, .. arguments]);
        while (await process.StandardOutput.ReadLineAsync() is { } line && !line.Contains(afterLine, StringComparison.Ordinal))
        {
        }

        using Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        return await EndAsync(process);
    }

    public DemoResult Result() => Result<DemoResult>();

    public T Result<T>() => JsonSerializer.Deserialize<T>(File.ReadAllText(Json), JsonSerializerOptions.Web)!;

    public void Dispose()
    {
        if (_process is { } process)
            process.Dispose();
        _temporary.Dispose();
        _files.Dispose();
    }

    private Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TMPDIR"] = _temporary.Path },
        };
        _process = Process.Start(start)!;
        return _process;
    }

    private static async Task<(int ExitCode, string Output, string Error)> EndAsync(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, (await error).Trim());
    }
}
