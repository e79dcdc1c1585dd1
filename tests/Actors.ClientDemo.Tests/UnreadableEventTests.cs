using System.Diagnostics;
using System.Text.Json;
using Actors.Bank;
using Actors.ClientDemo.Running;
using Actors.Wal;
using Actors.Wal.Local;
using MessagePack;

namespace Actors.ClientDemo.Tests;

/// <summary>Events that the silo's program can't read: told before it is deployed, and by the silo that meets them.</summary>
public sealed class UnreadableEventTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Replay_check_reads_a_store_without_starting_the_silo()
    {
        await AppendAsync(1, new Deposited { Transaction = 1, Amount = 10 });
        (int exitCode, string output) = await CheckAsync(_directory.Path);
        Assert.Equal((0, $"{_directory.Path}: 1 streams, 1 events and 0 states read up to LSN 1: 0 problems"), (exitCode, output));
        (exitCode, output) = await CheckAsync($"--Orleans:GrainStorage:wal:Directory={_directory.Path}", "--strict");
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public async Task Replay_check_names_what_the_program_can_not_read()
    {
        await AppendAsync(1, new Deposited { Transaction = 1, Amount = 10 });
        await AppendAsync(1, null);
        (int exitCode, string output) = await CheckAsync(_directory.Path);
        Assert.Equal(1, exitCode);
        Assert.StartsWith("EventNotDecoded: account/1/account 2: ", output, StringComparison.Ordinal);
        Assert.Contains("union key is 99", output, StringComparison.Ordinal);
        Assert.EndsWith(": 1 problems", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_check_of_what_is_no_store_is_one_line_and_an_exit_code()
    {
        using Process process = SiloProgram.Start(["replay-check", "/nowhere"]);
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(2, process.ExitCode);
        Assert.StartsWith("replay-check: There is no store in '/nowhere'", await error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_quarantines_the_stream_of_an_unreadable_event_and_goes_on()
    {
        await AppendAsync(1, null);
        using var silo = new SiloProgram($"--Orleans:GrainStorage:wal:Directory={_directory.Path}");
        Assert.Equal("Healthy", await silo.ReadyAsync());
        await using BankClient client = await BankClient.ConnectAsync(silo.Gateway, CancellationToken.None);
        await Assert.ThrowsAnyAsync<Exception>(() => client.Account(1).GetSummary());
        Assert.Equal(5, (await client.Account(2).Deposit(1, 5)).Balance);
        using JsonDocument stats = JsonDocument.Parse(await silo.Client.GetStringAsync("/stats"));
        JsonElement quarantined = Assert.Single(stats.RootElement.GetProperty("quarantined").EnumerateArray());
        Assert.Equal("account/1/account", quarantined.GetProperty("stream").GetString());
        Assert.Equal(1, quarantined.GetProperty("version").GetInt64());
        string health = await silo.ReadyAsync();
        Assert.StartsWith("Degraded\nwal: 1 streams are quarantined", health, StringComparison.Ordinal);
        Assert.Contains("union key is 99", health, StringComparison.Ordinal);
    }

    /// <summary>Appends to an account; null for an event that nobody knows.</summary>
    private async Task AppendAsync(long account, AccountEvent? change)
    {
        byte[] payload = change is null ? MessagePackSerializer.Serialize<object[]>([99, Array.Empty<object>()]) : MessagePackSerializer.Serialize(change);
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new LogStreamId($"account/{account}/account"));
        await stream.AppendAsync(new EventData(payload, 1));
    }

    private static async Task<(int ExitCode, string Output)> CheckAsync(params string[] arguments)
    {
        using Process process = SiloProgram.Start(["replay-check", .. arguments]);
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output.Trim());
    }
}
