using Actors.Hosting.Tests.Grains;
using Actors.Orleans;
using Actors.Wal;
using Actors.Wal.Local;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace Actors.Hosting.Tests;

/// <summary>The replay check of a silo's host: its report and its exit code.</summary>
public sealed class ReplayCheckCommandTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _directory.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_history_that_can_be_replayed_passes_a_strict_check()
    {
        await WriteAsync();
        Assert.Equal(0, await CheckAsync(o => o with { IsStrict = true }));
        Assert.Equal($"{_directory.Path}: 1 streams, 1 events and 0 states read up to LSN 1: 0 problems", _output.ToString().Trim());
    }

    [Fact]
    public async Task A_state_to_rebuild_is_a_warning_and_fails_a_strict_check()
    {
        await WriteAsync();
        await using (LocalLogStore store = await _directory.OpenAsync())
        await using (ILogStream stream = await store.OpenAsync(new LogStreamId("counter/c/counter")))
            await stream.CheckpointAsync(new Sequence(1), new EventData(new byte[] { 0xc1 }, (byte)LogCodec.MessagePack));
        Assert.Equal(0, await CheckAsync());
        Assert.Contains("rebuilt at its next activation: counter/c/counter, 1 events in ", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("strict", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, await CheckAsync(o => o with { IsStrict = true }));
        Assert.EndsWith("1 warnings, on which a strict check fails", _output.ToString().Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grain_class_without_a_grain_type_is_a_warning_and_fails_a_strict_check()
    {
        await WriteAsync();
        Assert.Equal(0, await CheckAsync(classes: _ => { }));
        Assert.Contains("no [GrainType]: the streams of UnnamedGrain are named after the class, and would be left behind if it was renamed", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, await CheckAsync(o => o with { IsStrict = true }, classes: _ => { }));
    }

    [Fact]
    public async Task A_removed_grain_class_fails_the_check_unless_it_is_retired()
    {
        await WriteAsync();
        Action<GrainTypeOptions> none = o => o.Classes.RemoveWhere(t => t == typeof(CounterGrain) || t == typeof(UnnamedGrain));
        Assert.Equal(1, await CheckAsync(classes: none));
        Assert.StartsWith("NoGrainClass: counter/c/counter 1: ", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await CheckAsync(o => o with { Retired = ["counter"] }, classes: none));
    }

    [Fact]
    public async Task A_directory_takes_the_place_of_the_configured_one()
    {
        await WriteAsync();
        using var empty = new TestDirectory();
        Assert.Equal(0, await CheckAsync(o => o with { Directory = _directory.Path }, configured: empty.Path));
        Assert.StartsWith($"{_directory.Path}: 1 streams", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_is_not_there_is_one_line_and_exit_code_2()
    {
        Assert.Equal(2, await CheckAsync(o => o with { Directory = "/nowhere" }));
        Assert.StartsWith("replay-check: There is no store in '/nowhere'", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", _output.ToString());
    }

    [Fact]
    public async Task A_log_that_is_not_there_is_named()
    {
        Assert.Equal(1, await CheckAsync(o => o with { LogName = "audit" }));
        Assert.Equal("replay-check: There is no write-ahead log 'audit'; the silo has 'wal'.", _error.ToString().Trim());
    }

    [Fact]
    public async Task Of_several_logs_one_is_to_be_named()
    {
        await WriteAsync();
        Assert.Equal(1, await CheckAsync(silo: s => s.AddWriteAheadLog("audit", o => o.UseLocal("never opened"))));
        Assert.Equal("replay-check: The write-ahead log to check is not known: the silo has 'wal', 'audit'. Name one with --log.", _error.ToString().Trim());
        Assert.Equal(0, await CheckAsync(o => o with { LogName = "wal" }, silo: s => s.AddWriteAheadLog("audit", o => o.UseLocal("never opened"))));
    }

    [Fact]
    public async Task A_store_without_a_reader_asks_for_a_directory()
    {
        Assert.Equal(1, await CheckAsync(silo: s => s.AddWriteAheadLog(o => o.UseStore((_, _) => throw new InvalidOperationException("never opened")))));
        Assert.Contains("can't be read without opening it", _error.ToString(), StringComparison.Ordinal);
    }

    private async Task WriteAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.AddWriteAheadLog(o =>
        {
            o.UseLocal(_directory.Path);
            o.CheckpointAtDeactivation = false;
        }));
        await using InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        Assert.Equal(1, await cluster.Client.GetGrain<ICounterGrain>("c").Add(1));
        await cluster.StopAllSilosAsync();
    }

    private async Task<int> CheckAsync(Func<ReplayCheckOptions, ReplayCheckOptions>? with = null, Action<GrainTypeOptions>? classes = null, string? configured = null, Action<ISiloBuilder>? silo = null)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(s =>
        {
            s.UseLocalhostClustering().AddWriteAheadLog(o => o.UseLocal(configured ?? _directory.Path));
            s.Services.Configure(classes ?? (o => o.Classes.Remove(typeof(UnnamedGrain))));
            silo?.Invoke(s);
        });
        using IHost host = builder.Build();
        var options = new ReplayCheckOptions { Output = _output, Error = _error };
        return await host.RunReplayCheckAsync(with is null ? options : with(options));
    }
}
