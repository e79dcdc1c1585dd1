using System.Globalization;
using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Actors.Orleans.Tests.GrainStorage;

[GenerateSerializer, Alias("storage.note")]
public sealed class Note
{
    [Id(0)]
    public string Text { get; set; } = "fresh";
}

/// <summary>What Orleans demands of grain storage, against the provider of a running silo.</summary>
public abstract class GrainStorageRules(TestBackend backend) : IAsyncLifetime
{
    private readonly GrainId _grain = GrainId.Create("note", "one/with/slashes");
    private WalCluster _cluster = null!;

    private IGrainStorage Storage => _cluster.Services.GetRequiredKeyedService<IGrainStorage>("wal");

    public async ValueTask InitializeAsync() => _cluster = await WalCluster.StartAsync(backend, o => o.StorageStreams = 16);

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_missing_record_reads_as_a_fresh_state_without_ETag()
    {
        var state = new GrainState<Note>(null!, "stale") { RecordExists = true };
        await Storage.ReadStateAsync("s", _grain, state);
        Assert.Equal("fresh", state.State!.Text);
        Assert.Null(state.ETag);
        Assert.False(state.RecordExists);
    }

    [Fact]
    public async Task Only_the_last_state_is_kept_by_default()
    {
        GrainState<Note> state = await WriteAsync("first");
        foreach (string text in new[] { "second", "third" })
        {
            state.State!.Text = text;
            await Storage.WriteStateAsync("s", _grain, state);
        }

        StreamInfo stream = Assert.Single(await _cluster.Store.ListAsync(cancellationToken: TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal((new Sequence(3), new Sequence(3)), (stream.Head, stream.First));
    }

    [Fact]
    public async Task A_written_state_is_read_and_every_write_changes_the_ETag()
    {
        var state = await WriteAsync("first");
        string? first = state.ETag;
        state.State!.Text = "second";
        await Storage.WriteStateAsync("s", _grain, state);
        Assert.NotEqual(first, state.ETag);
        GrainState<Note> read = await ReadAsync();
        Assert.Equal("second", read.State!.Text);
        Assert.Equal(state.ETag, read.ETag);
        Assert.True(read.RecordExists);
    }

    [Fact]
    public async Task A_write_without_ETag_over_a_record_is_refused_and_leaves_it()
    {
        await WriteAsync("first");
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync("second"));
        Assert.Equal("first", (await ReadAsync()).State!.Text);
    }

    [Fact]
    public async Task A_write_or_clear_with_a_stale_ETag_is_refused_and_leaves_the_record()
    {
        GrainState<Note> stale = await WriteAsync("first");
        GrainState<Note> current = await ReadAsync();
        current.State!.Text = "second";
        await Storage.WriteStateAsync("s", _grain, current);
        stale.State!.Text = "lost";
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("s", _grain, stale));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync("s", _grain, stale));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync("s", _grain, new GrainState<Note>(new Note())));
        Assert.Equal("second", (await ReadAsync()).State!.Text);
    }

    [Fact]
    public async Task A_clear_leaves_no_record_and_works_before_any_write_and_twice()
    {
        var state = new GrainState<Note>(new Note { Text = "x" });
        await Storage.ClearStateAsync("s", _grain, state);
        Assert.False(state.RecordExists);
        state.State = new Note { Text = "first" };
        await Storage.WriteStateAsync("s", _grain, state);
        await Storage.ClearStateAsync("s", _grain, state);
        Assert.False(state.RecordExists);
        Assert.Equal("fresh", state.State!.Text);
        await Storage.ClearStateAsync("s", _grain, state);
        GrainState<Note> read = await ReadAsync();
        Assert.False(read.RecordExists);
        Assert.Null(read.ETag);
    }

    [Fact]
    public async Task An_ETag_from_before_a_clear_never_fits_again()
    {
        GrainState<Note> old = await WriteAsync("first");
        GrainState<Note> state = await ReadAsync();
        await Storage.ClearStateAsync("s", _grain, state);
        await Storage.WriteStateAsync("s", _grain, state);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("s", _grain, old));
    }

    [Fact]
    public async Task Different_state_names_are_independent()
    {
        await WriteAsync("s");
        var other = new GrainState<Note>(new Note { Text = "other" });
        await Storage.WriteStateAsync("t", _grain, other);
        Assert.Equal("s", (await ReadAsync()).State!.Text);
        Assert.Equal("other", (await ReadAsync("t")).State!.Text);
    }

    [Fact]
    public async Task Exactly_one_concurrent_writer_wins_each_version()
    {
        await WriteAsync("0");
        for (int version = 1; version <= 20; version++)
        {
            GrainState<Note>[] writers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReadAsync()));
            bool[] won = await Task.WhenAll(writers.Select((w, i) => TryWriteAsync(Storage, w, $"{version} by {i}")));
            Assert.Single(won, w => w);
            Assert.Equal($"{version} by {Array.IndexOf(won, true)}", (await ReadAsync()).State!.Text);
        }
    }

    [Fact]
    public async Task A_state_written_on_one_silo_is_read_on_the_other()
    {
        await _cluster.DisposeAsync();
        _cluster = await WalCluster.StartAsync(backend, silos: 2);
        IGrainStorage[] silos = [.. _cluster.Cluster.Silos.Select(s => s.ServiceProvider.GetRequiredKeyedService<IGrainStorage>("wal"))];
        for (int i = 0; i < 6; i++)
        {
            GrainState<Note> state = await ReadAsync(silos[i % 2]);
            Assert.Equal((i > 0, i > 0 ? $"{i - 1}" : "fresh"), (state.RecordExists, state.State!.Text));
            state.State!.Text = $"{i}";
            await silos[i % 2].WriteStateAsync("s", _grain, state);
        }

        GrainState<Note> last = await ReadAsync(silos[0]);
        await silos[0].ClearStateAsync("s", _grain, last);
        Assert.False((await ReadAsync(silos[1])).RecordExists);
        await silos[0].WriteStateAsync("s", _grain, last);
        await Assert.ThrowsAsync<InconsistentStateException>(() => silos[1].ClearStateAsync("s", _grain, new GrainState<Note>(new Note())));
        Assert.True((await ReadAsync(silos[1])).RecordExists);
    }

    [Fact]
    public async Task A_grain_that_moves_between_silos_or_is_activated_on_either_keeps_its_state()
    {
        await _cluster.DisposeAsync();
        _cluster = await WalCluster.StartAsync(backend, silos: 2);
        ITrayGrain tray = _cluster.Client.GetGrain<ITrayGrain>("t");
        for (int i = 1; i <= 12; i++)
        {
            Assert.Equal(i, await tray.Add(1));
            if (i % 3 == 0)
                await _cluster.Cluster.DeactivateAsync(tray);
            else
                await _cluster.MoveAsync(tray);
        }
    }

    [Fact]
    public async Task Exactly_one_concurrent_writer_on_two_silos_wins_each_version()
    {
        await _cluster.DisposeAsync();
        _cluster = await WalCluster.StartAsync(backend, silos: 2);
        IGrainStorage[] silos = [.. _cluster.Cluster.Silos.Select(s => s.ServiceProvider.GetRequiredKeyedService<IGrainStorage>("wal"))];
        for (int version = 0; version < 20; version++)
        {
            GrainState<Note>[] writers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => ReadAsync(silos[i % 2])));
            Assert.Single(writers.Select(w => w.ETag).Distinct());
            bool[] won = await Task.WhenAll(writers.Select((w, i) => TryWriteAsync(silos[i % 2], w, $"{version} by {i}")));
            Assert.Single(won, w => w);
            Assert.Equal($"{version} by {Array.IndexOf(won, true)}", (await ReadAsync(silos[version % 2])).State!.Text);
        }
    }

    [Fact]
    public async Task Readers_on_another_silo_neither_fail_a_write_nor_themselves()
    {
        await _cluster.DisposeAsync();
        _cluster = await WalCluster.StartAsync(backend, silos: 2);
        IGrainStorage[] silos = [.. _cluster.Cluster.Silos.Select(s => s.ServiceProvider.GetRequiredKeyedService<IGrainStorage>("wal"))];
        GrainState<Note> state = await ReadAsync(silos[0]);
        using var ended = new CancellationTokenSource();
        Task<int>[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            int last = 0;
            while (!ended.IsCancellationRequested)
            {
                GrainState<Note> read = await ReadAsync(silos[1]);
                int version = read.RecordExists ? int.Parse(read.State!.Text, CultureInfo.InvariantCulture) : 0;
                Assert.InRange(version, last, int.MaxValue);
                last = version;
            }

            return last;
        }))];
        for (int version = 1; version <= 40; version++)
        {
            state.State!.Text = $"{version}";
            await silos[0].WriteStateAsync("s", _grain, state);
        }

        await ended.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal("40", (await ReadAsync(silos[1])).State!.Text);
    }

    [Fact]
    public async Task More_records_than_open_streams_are_all_kept()
    {
        GrainId[] grains = [.. Enumerable.Range(0, 100).Select(i => GrainId.Create("note", $"n{i}"))];
        GrainState<Note>[] states = [.. grains.Select(g => new GrainState<Note>(new Note { Text = g.ToString() }))];
        for (int round = 0; round < 3; round++)
            await Task.WhenAll(grains.Select((g, i) => Storage.WriteStateAsync("s", g, states[i])));
        foreach (GrainId grain in grains)
        {
            var read = new GrainState<Note>();
            await Storage.ReadStateAsync("s", grain, read);
            Assert.Equal(grain.ToString(), read.State!.Text);
            Assert.Equal("3", read.ETag);
        }

        // The next use closes what was too many while all were in use.
        await Storage.WriteStateAsync("s", grains[0], states[0]);
        Assert.InRange(_cluster.Store.Statistics.OpenStreams, 1, 20);
    }

    [Fact]
    public async Task A_stream_that_another_silo_takes_over_again_and_again_leaves_no_handle_behind()
    {
        await WriteAsync("0");
        await using ILogStore other = await backend.OpenBesideAsync(_cluster);
        for (int i = 1; i <= 20; i++)
        {
            await using (ILogStream taken = await other.OpenAsync(new LogStreamId($"{_grain}/s"), cancellationToken: TestContext.Current.CancellationToken))
                Assert.Equal(i, taken.Head.Value);
            GrainState<Note> state = await ReadAsync();
            Assert.True(await TryWriteAsync(Storage, state, $"{i}"));
        }

        Assert.Equal(1, _cluster.Store.Statistics.OpenStreams);
    }

    [Fact]
    public async Task Records_survive_a_restart()
    {
        GrainState<Note> state = await WriteAsync("kept");
        await _cluster.DisposeAsync();
        _cluster = await WalCluster.StartAsync(backend);
        GrainState<Note> read = await ReadAsync();
        Assert.Equal("kept", read.State!.Text);
        Assert.Equal(state.ETag, read.ETag);
    }

    private async Task<GrainState<Note>> WriteAsync(string text)
    {
        var state = new GrainState<Note>(new Note { Text = text });
        await Storage.WriteStateAsync("s", _grain, state);
        return state;
    }

    private async Task<bool> TryWriteAsync(IGrainStorage storage, GrainState<Note> state, string text)
    {
        state.State!.Text = text;
        try
        {
            await storage.WriteStateAsync("s", _grain, state);
            return true;
        }
        catch (InconsistentStateException)
        {
            return false;
        }
    }

    private Task<GrainState<Note>> ReadAsync(string name = "s") => ReadAsync(Storage, name);

    private async Task<GrainState<Note>> ReadAsync(IGrainStorage storage, string name = "s")
    {
        var state = new GrainState<Note>();
        await storage.ReadStateAsync(name, _grain, state);
        return state;
    }
}

public sealed class LocalGrainStorageTests() : GrainStorageRules(new LocalBackend());

public sealed class MemoryGrainStorageTests() : GrainStorageRules(new MemoryBackend());

public sealed class PostgresGrainStorageTests(TestServer server) : GrainStorageRules(new PostgresBackend(server));
