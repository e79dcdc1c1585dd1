using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Serialization;

namespace Actors.ClientDemo.Running;

/// <summary>A silo in a process of its own, on this machine, that the demo starts, kills and starts again on the same directory.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly List<string> _output = [];
    private readonly string _directory;
    private readonly int _siloPort = FreePort();
    private readonly int _gatewayPort = FreePort();
    private readonly int _httpPort = FreePort();
    private Process? _process;

    public SiloProcess(string directory) => _directory = directory;

    public IPEndPoint Gateway => new(IPAddress.Loopback, _gatewayPort);

    /// <summary>Starts the silo and waits until it is ready.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> StartAsync(CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        _process = Process.Start(StartInfo()) ?? throw new DemoException("The silo process could not be started.");
        _process.OutputDataReceived += (_, e) => Keep(e.Data);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        while (!await IsReadyAsync(cancellationToken))
        {
            if (_process.HasExited)
                throw new DemoException($"The silo ended with code {_process.ExitCode} instead of starting. It said:{Environment.NewLine}{Output()}");
            if (Stopwatch.GetElapsedTime(started) > StartLimit)
                throw new DemoException($"The silo was not ready after {StartLimit.TotalSeconds} s. It said:{Environment.NewLine}{Output()}");
            await Task.Delay(PollPeriod, TimeProvider.System, cancellationToken);
        }

        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Kills the process, with SIGKILL or with a shell command that does, and waits until it is gone.</summary>
    public async Task KillAsync(string? command)
    {
        if (command is null)
            _process!.Kill();
        else
            await KillAsync(_process!, command);
        await _process!.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async Task<SiloCounts> ReadCountsAsync(CancellationToken cancellationToken)
        => await _http.GetFromJsonAsync<SiloCounts>(Url("/stats"), cancellationToken) ?? new SiloCounts(0);

    /// <summary>Asks the process to end, as an operator would, and kills it if it doesn't.</summary>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is not { } process)
            return;
        try
        {
            using (Process? terminate = Process.Start(new ProcessStartInfo("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)])))
            {
                if (terminate is not null)
                    await terminate.WaitForExitAsync();
            }

            using var limit = new CancellationTokenSource(StopLimit);
            await process.WaitForExitAsync(limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or System.ComponentModel.Win32Exception)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
        finally
        {
            process.Dispose();
        }
    }

    private static async Task KillAsync(Process silo, string command)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SILO_PID"] = silo.Id.ToString(CultureInfo.InvariantCulture);
        using Process shell = Process.Start(start) ?? throw new DemoException("--kill-command could not be started.");
        Task<string> output = shell.StandardOutput.ReadToEndAsync();
        string error = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        if (shell.ExitCode != 0)
            throw new DemoException($"--kill-command ended with {shell.ExitCode}: {await output}{error}".Trim());
        using var limit = new CancellationTokenSource(StopLimit);
        try
        {
            await silo.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new DemoException($"--kill-command ended, and the silo is still there after {StopLimit.TotalSeconds} s.");
        }
    }

    private ProcessStartInfo StartInfo()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "silo");
        string program = Path.Combine(folder, OperatingSystem.IsWindows() ? "Actors.Silo.exe" : "Actors.Silo");
        if (!File.Exists(program))
            throw new DemoException($"The silo's program is missing at '{program}'; build the solution.");
        return new ProcessStartInfo(program)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                $"--urls=http://127.0.0.1:{_httpPort}",
                $"--Silo:SiloPort={_siloPort}",
                $"--Silo:GatewayPort={_gatewayPort}",
                $"--Orleans:GrainStorage:wal:Directory={_directory}",
            },
        };
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(Url("/health/ready"), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Nobody listens yet, or the answer takes longer than one attempt may.
            return false;
        }
    }

    private Uri Url(string path) => new($"http://127.0.0.1:{_httpPort}{path}");

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.Add(line);
    }

    private string Output()
    {
        lock (_output)
            return string.Join(Environment.NewLine, _output.TakeLast(20));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>What the demo reads from a silo's <c>/stats</c>.</summary>
internal sealed record SiloCounts([property: JsonPropertyName("replayedEvents")] long ReplayedEvents);
