using System.Diagnostics;
using System.Globalization;

namespace Actors.Packages.Tests;

/// <summary>A process of the silo that the template made.</summary>
internal sealed class SiloOfTemplate : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly HttpClient _client;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    public SiloOfTemplate(PackedPackages packages, Consumer consumer)
    {
        int[] ports = FreePorts.Take(3);
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[0]}"), Timeout = Patience };
        _process = packages.DotNet.Start(
            consumer.SiloProgram, consumer.SiloDirectory, $"--Urls={_client.BaseAddress}", $"--Silo:SiloPort={ports[1]}", $"--Silo:GatewayPort={ports[2]}");
        _output = _process.StandardOutput.ReadToEndAsync();
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public async Task ReadyAsync()
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > Patience)
            {
                _process.Kill();
                Assert.Fail($"The silo did not start:\n{await _output}{await _errors}");
            }

            try
            {
                Assert.Equal("\"Healthy\"", await _client.GetStringAsync("/health"));
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }

    /// <summary>Adds to a counter and returns its total.</summary>
    public async Task<long> AddAsync(string counter, int amount)
    {
        using HttpResponseMessage answer = await _client.PostAsync($"/counters/{counter}?amount={amount}", content: null);
        string body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        return long.Parse(body, CultureInfo.InvariantCulture);
    }

    public async Task<long> TotalAsync(string counter) => long.Parse(await _client.GetStringAsync($"/counters/{counter}"), CultureInfo.InvariantCulture);

    /// <summary>Ends the process with SIGKILL.</summary>
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
        _client.Dispose();
    }
}
