using Actors.Orleans.TestKit;
using Actors.Wal;
using Actors.Wal.Local;

namespace Actors.Orleans.Tests.Hosting;

/// <summary>A kind of store that suites run against; each case gets one of its own, which outlives its silos.</summary>
public abstract class TestBackend : IAsyncDisposable
{
    /// <summary>Tells a silo to keep its logs there.</summary>
    /// <param name="options">The provider's options.</param>
    /// <param name="shared">Whether several silos of this process use it at once.</param>
    public abstract void Use(WriteAheadLogOptions options, bool shared = false);

    /// <summary>Opens the store beside silos, or instead of them.</summary>
    public abstract Task<ILogStore> OpenAsync();

    /// <summary>Opens the store as another silo would while a cluster runs; disposing of it leaves the cluster alone.</summary>
    public virtual Task<ILogStore> OpenBesideAsync(WalCluster cluster) => Task.FromResult<ILogStore>(new SharedStore(cluster.Store));

    /// <summary>Ends silos as loss of power does: who starts next finds what was flushed.</summary>
    public abstract Task CrashAsync(WalCluster cluster);

    public abstract ValueTask DisposeAsync();
}

/// <summary>The local store, on files.</summary>
public sealed class LocalBackend : TestBackend
{
    private readonly List<TestDirectory> _directories = [new TestDirectory()];
    private Task<LocalLogStore>? _shared;

    public override void Use(WriteAheadLogOptions options, bool shared = false)
    {
        options.SegmentBytes = 1024 * 1024;
        options.MaxBatchBytes = 256 * 1024;
        options.MaxRecordBytes = 128 * 1024;
        if (shared)
            options.UseStore(async (_, _) => new SharedStore(await OpenSharedAsync()));
        else
            options.UseLocal(_directories[^1].Path);
    }

    public override async Task<ILogStore> OpenAsync() => await _directories[^1].OpenAsync();

    public override async Task CrashAsync(WalCluster cluster)
    {
        TestDirectory image = _directories[^1].Image();
        await cluster.KillAsync();
        _directories.Add(image);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_shared is not null)
            await (await _shared).DisposeAsync();
        _directories.ForEach(d => d.Dispose());
    }

    private Task<LocalLogStore> OpenSharedAsync()
    {
        lock (_directories)
            return _shared ??= _directories[^1].OpenAsync();
    }
}

/// <summary>The test kit's log in memory.</summary>
public sealed class MemoryBackend : TestBackend
{
    private readonly TestLog _log = new();

    public override void Use(WriteAheadLogOptions options, bool shared = false) => options.UseTestLog(_log);

    public override Task<ILogStore> OpenAsync() => _log.OpenAsync();

    public override async Task CrashAsync(WalCluster cluster)
    {
        await _log.CrashAsync();
        await cluster.KillAsync();
    }

    public override ValueTask DisposeAsync() => _log.DisposeAsync();
}
