using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Orleans.Storage;

namespace Actors.Orleans.Tests.GrainLogs;

/// <summary>What becomes of an activation whose log another one opens, on each kind of store.</summary>
public abstract class FencingRules(TestBackend backend) : IAsyncLifetime
{
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return backend.DisposeAsync();
    }

    [Fact]
    public async Task A_fenced_activation_ends_and_the_next_replays_all()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        INotebookGrain notebook = await NotebookAsync(cluster);
        string fenced = await notebook.GetActivation();
        await using ILogStore other = await backend.OpenBesideAsync(cluster);
        await using (ILogStream owner = await other.OpenAsync(StreamOf(notebook)))
        {
            await AppendAgainAsync(owner);
            await cluster.Cluster.WaitForDeactivationAsync(notebook);
        }

        Assert.Equal(["one", "two", "one"], await notebook.Read());
        Assert.NotEqual(fenced, await notebook.GetActivation());
    }

    [Fact]
    public async Task Appends_of_a_fenced_activation_fail()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        INotebookGrain notebook = await NotebookAsync(cluster);
        using var gate = new Gate();
        Task writing = notebook.WriteBehind(gate.Name, "lost");
        await gate.Reached;
        await using ILogStore other = await backend.OpenBesideAsync(cluster);
        await using (ILogStream owner = await other.OpenAsync(StreamOf(notebook)))
        {
            gate.Open();
            await Assert.ThrowsAsync<InconsistentStateException>(() => writing);
            await cluster.Cluster.WaitForDeactivationAsync(notebook);
        }

        Assert.Equal(3, await notebook.Write("three"));
        Assert.Equal(["one", "two", "three"], await notebook.Read());
    }

    [Fact]
    public async Task A_confirmed_read_never_returns_a_stale_state()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        INotebookGrain notebook = await NotebookAsync(cluster);
        Assert.Equal(["one", "two"], await notebook.ReadConfirmed());
        using var gate = new Gate();
        Task<string[]> reading = notebook.ReadConfirmedBehind(gate.Name);
        await gate.Reached;
        await using ILogStore other = await backend.OpenBesideAsync(cluster);
        await using (ILogStream owner = await other.OpenAsync(StreamOf(notebook)))
        {
            await AppendAgainAsync(owner);
            gate.Open();
            await Assert.ThrowsAsync<InconsistentStateException>(() => reading);
            await cluster.Cluster.WaitForDeactivationAsync(notebook);
        }

        Assert.Equal(["one", "two", "one"], await notebook.ReadConfirmed());
    }

    [Fact]
    public async Task Clearing_its_own_log_keeps_the_activation()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        INotebookGrain notebook = await NotebookAsync(cluster);
        string activation = await notebook.GetActivation();
        await notebook.Clear();
        Assert.Empty(await notebook.ReadConfirmed());
        Assert.Equal(1, await notebook.Write("anew"));
        Assert.Equal(activation, await notebook.GetActivation());
    }

    private static LogStreamId StreamOf(INotebookGrain notebook) => new($"{notebook.GetGrainId()}/notebook");

    private static async Task<INotebookGrain> NotebookAsync(WalCluster cluster)
    {
        INotebookGrain notebook = cluster.Notebook("a");
        await notebook.WriteAll(["one", "two"]);
        return notebook;
    }

    private static async Task AppendAgainAsync(ILogStream stream)
    {
        LogRecord first = await stream.ReadAsync(new Sequence(1), new Sequence(1)).SingleAsync();
        await stream.AppendAsync(new EventData(first.Payload, first.Codec));
    }
}

public sealed class LocalFencingTests() : FencingRules(new LocalBackend());

public sealed class MemoryFencingTests() : FencingRules(new MemoryBackend());

public sealed class PostgresFencingTests(TestServer server) : FencingRules(new PostgresBackend(server));
