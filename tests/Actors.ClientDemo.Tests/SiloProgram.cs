using System.Diagnostics;
using System.Net;

namespace Actors.ClientDemo.Tests;

/// <summary>The silo's program as an operator runs it: a process of its own, killed at the end if it still runs.</summary>
internal sealed class SiloProgram : IDisposable
{
    public SiloProgram(params string[] arguments)
    {
        int[] ports = FreePorts.Take(3);
        Gateway = new IPEndPoint(IPAddress.Loopback, ports[0]);
        Process = Start([$"--urls=http://127.0.0.1:{ports[1]}", $"--Silo:SiloPort={ports[2]}", $"--Silo:GatewayPort={Gateway.Port}", .. arguments]);
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[1]}") };
    }

    public Process Process { get; }

    /// <summary>Where clients of its grains connect to.</summary>
    public IPEndPoint Gateway { get; }

    public HttpClient Client { get; }

    /// <summary>Starts the program with these arguments and no others.</summary>
    public static Process Start(IEnumerable<string> arguments)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "silo");
        return Process.Start(new ProcessStartInfo(Path.Combine(folder, "Actors.Silo"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        })!;
    }

    /// <summary>What <c>/health/ready</c> answers as soon as it answers with success, and with what the caller waits for.</summary>
    public async Task<string> ReadyAsync(Func<string, bool>? awaited = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!Process.HasExited)
        {
            try
            {
                using HttpResponseMessage response = await Client.GetAsync(new Uri("/health/ready", UriKind.Relative), patience.Token);
                string text = await response.Content.ReadAsStringAsync(patience.Token);
                if (response.IsSuccessStatusCode && awaited?.Invoke(text) != false)
                    return text;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }

        return $"The silo ended with code {Process.ExitCode}.";
    }

    public void Dispose()
    {
        if (!Process.HasExited)
            Process.Kill();
        Process.WaitForExit();
        Process.Dispose();
        Client.Dispose();
    }
}
