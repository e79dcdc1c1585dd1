using Actors.Wal;
using Actors.Wal.Local;

namespace Actors.Benchmarks.Scenarios;

/// <summary>The store of one scenario, with its streams open. Its files are deleted when it is disposed.</summary>
internal sealed class RawStore : IAsyncDisposable
{
    private readonly LocalLogStore _store;
    private readonly string _directory;

    private RawStore(LocalLogStore store, string directory, ILogStream[] streams)
    {
        _store = store;
        _directory = directory;
        Streams = streams;
    }

    public IReadOnlyList<ILogStream> Streams { get; }

    public StoreStatistics Statistics => _store.Statistics;

    public static async Task<RawStore> OpenAsync(string directory, int streams, SyncPolicy sync, CancellationToken cancellationToken)
    {
        LocalLogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = directory, Sync = sync }, cancellationToken);
        var opened = new ILogStream[streams];
        for (int i = 0; i < streams; i++)
            opened[i] = await store.OpenAsync(new LogStreamId($"counter/{i}"), cancellationToken: CancellationToken.None);
        return new RawStore(store, directory, opened);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ILogStream stream in Streams)
            await stream.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
