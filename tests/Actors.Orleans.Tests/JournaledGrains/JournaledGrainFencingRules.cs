using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Orleans.Storage;

namespace Actors.Orleans.Tests.JournaledGrains;

/// <summary>What becomes of an event-sourced grain's activation whose log another one opens, on each kind of store.</summary>
public abstract class JournaledGrainFencingRules(TestBackend backend) : IAsyncLifetime
{
    private WalCluster _cluster = null!;
    private IDiaryGrain _diary = null!;

    private LogStreamId Stream => new($"{_diary.GetGrainId()}/journaled");

    public async ValueTask InitializeAsync()
    {
        _cluster = await WalCluster.StartAsync(backend);
        _diary = _cluster.Client.GetGrain<IDiaryGrain>("a");
        await _diary.WriteAll(["one", "two"]);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _cluster.DisposeAsync();
        await backend.DisposeAsync();
    }

    [Fact]
    public async Task A_fenced_activation_ends_and_the_next_replays_all()
    {
        await using (ILogStore other = await backend.OpenBesideAsync(_cluster))
        {
            await using ILogStream owner = await other.OpenAsync(Stream);
            LogRecord first = await owner.ReadAsync(new Sequence(1), new Sequence(1)).SingleAsync();
            await owner.AppendAsync(new EventData(first.Payload, first.Codec));
            await _cluster.Cluster.WaitForDeactivationAsync(_diary);
        }

        Assert.Equal(["one", "two", "one"], await _diary.Read());
    }

    [Fact]
    public async Task Appends_of_a_fenced_activation_fail()
    {
        string stale = await _diary.GetActivation();
        await FenceDuringAsync(gate => _diary.WriteBehind(gate, "lost"));
        Assert.Equal(3, await _diary.Write("three"));
        Assert.NotEqual(stale, await _diary.GetActivation());
        Assert.Equal(["one", "two", "three"], await _diary.Read());
    }

    [Fact]
    public async Task Refresh_sees_fencing()
    {
        await _diary.Refresh();
        await FenceDuringAsync(_diary.RefreshBehind);
        Assert.Equal(["one", "two"], await _diary.Read());
    }

    /// <summary>A call waits at a gate while another owner opens the log; what it does then is refused.</summary>
    private async Task FenceDuringAsync(Func<string, Task> call)
    {
        using var gate = new Gate();
        Task calling = call(gate.Name);
        await gate.Reached;
        await using ILogStore other = await backend.OpenBesideAsync(_cluster);
        await using ILogStream owner = await other.OpenAsync(Stream);
        gate.Open();
        await Assert.ThrowsAsync<InconsistentStateException>(() => calling);
        await _cluster.Cluster.WaitForDeactivationAsync(_diary);
    }
}

public sealed class LocalJournaledGrainFencingTests() : JournaledGrainFencingRules(new LocalBackend());

public sealed class MemoryJournaledGrainFencingTests() : JournaledGrainFencingRules(new MemoryBackend());

public sealed class PostgresJournaledGrainFencingTests(TestServer server) : JournaledGrainFencingRules(new PostgresBackend(server));
