using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Actors.ClientDemo.Running;

/// <summary>A silo in its own process on this machine. The demo starts it, kills it, and starts it again with the same settings.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly List<string> _output = [];
    private readonly SiloPlace _place;
    private readonly IReadOnlyList<string> _settings;
    private readonly int _gatewayPort = FreePort();
    private readonly int _httpPort = FreePort();
    private Process? _process;

    /// <param name="directory">The directory of its logs.</param>
    public SiloProcess(string directory)
        : this(new SiloPlace(IPAddress.Loopback), [$"--Orleans:GrainStorage:wal:Directory={directory}"])
    {
    }

    /// <param name="place">The address and the command of the silo.</param>
    /// <param name="settings">Its command-line arguments besides its addresses.</param>
    public SiloProcess(SiloPlace place, IReadOnlyList<string> settings)
    {
        _place = place;
        _settings = settings;
    }

    public IPEndPoint Gateway => new(_place.Host, _gatewayPort);

    public int SiloPort { get; } = FreePort();

    /// <summary>Whether it was started and has ended by itself.</summary>
    public bool HasEnded => _process is { HasExited: true };

    /// <summary>Starts the silo and waits until it is ready.</summary>
    /// <returns>The time until it was ready.</returns>
    public async Task<TimeSpan> StartAsync(CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        _process?.Dispose();
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

    /// <summary>Kills the process with SIGKILL or with a shell command, and waits until it has ended.</summary>
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
        => await _http.GetFromJsonAsync<SiloCounts>(Url("/stats"), cancellationToken) ?? new SiloCounts(0, 0);

    /// <summary>As <see cref="ReadCountsAsync"/>; null when the silo does not answer.</summary>
    public async Task<SiloCounts?> TryReadCountsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ReadCountsAsync(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>Returns the last lines of its output.</summary>
    public string Output()
    {
        lock (_output)
            return string.Join(Environment.NewLine, _output.TakeLast(40));
    }

    public Task SignalAsync(string name) => ProcessSignal.SendAsync(_process!, name);

    /// <summary>Sends SIGTERM to the process, and kills it if it does not end within the limit.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process)
            return;
        _process = null;
        try
        {
            await ProcessSignal.SendAsync(process, "TERM");
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

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await StopAsync();
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
        string[] arguments =
        [
            $"--urls=http://{_place.Host}:{_httpPort}",
            $"--Silo:Host={_place.Host}",
            $"--Silo:SiloPort={SiloPort}",
            $"--Silo:GatewayPort={_gatewayPort}",
            .. _settings,
        ];
        return new ProcessStartInfo(_place.Command is null ? program : "/bin/sh", _place.Command is null ? arguments : ["-c", $"exec {_place.Command} \"$0\" \"$@\"", program, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
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
            // The silo does not listen yet, or did not answer within the time limit of one request.
            return false;
        }
    }

    private Uri Url(string path) => new($"http://{_place.Host}:{_httpPort}{path}");

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.Add(line);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>The counts of a silo, read from its <c>/stats</c>.</summary>
internal sealed record SiloCounts([property: JsonPropertyName("replayedEvents")] long ReplayedEvents, [property: JsonPropertyName("fenced")] long Fenced);

/// <summary>The address and the command of a silo.</summary>
/// <param name="Host">The address that it listens on.</param>
/// <param name="Command">A shell command that starts its program; or null.</param>
internal sealed record SiloPlace(IPAddress Host, string? Command = null);
