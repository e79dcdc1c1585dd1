using Actors.Wal.Inspection;
using Actors.Wal.Local;

namespace Actors.Explorer.Sources;

/// <summary>The newest snapshot of a directory, shared by all who look at it. It is replaced once the files have changed.</summary>
internal sealed class SharedSnapshots(string directory, TimeProvider time) : IDisposable
{
    // Opening again reads what was written since the last snapshot of the index, so it is not done more often than this.
    private static readonly TimeSpan LeastAge = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private Snapshot? _newest;
    private long _checkedAt;

    /// <summary>Returns the snapshot. Call <see cref="Snapshot.Release"/> after use.</summary>
    public async ValueTask<Snapshot> UseAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_newest is null || time.GetElapsedTime(_checkedAt) >= LeastAge)
                await RefreshAsync(cancellationToken).ConfigureAwait(false);
            return _newest!.Use();
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _newest?.Release();
        _newest = null;
        _gate.Dispose();
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        long state = await Task.Run(StateOfFiles, cancellationToken).ConfigureAwait(false);
        if (state != _newest?.StateOfFiles)
        {
            var opened = new Snapshot(await Task.Run(() => ReadOnlyLog.Open(directory), cancellationToken).ConfigureAwait(false), state, time.GetUtcNow());
            _newest?.Release();
            _newest = opened;
        }

        _checkedAt = time.GetTimestamp();
    }

    /// <summary>Returns a number that changes when a file is written, made or deleted.</summary>
    private long StateOfFiles()
    {
        var state = new HashCode();
        foreach (FileInfo file in new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(f => f.FullName, StringComparer.Ordinal))
        {
            state.Add(file.FullName, StringComparer.Ordinal);
            state.Add(file.LastWriteTimeUtc.Ticks);
        }

        return state.ToHashCode();
    }

    /// <summary>The log as of one moment.</summary>
    internal sealed class Snapshot
    {
        private int _uses = 1;

        public Snapshot(ReadOnlyLog log, long stateOfFiles, DateTimeOffset opened)
        {
            Log = log;
            StateOfFiles = stateOfFiles;
            Reader = new LocalLogReader(log);
            Inspector = log.Inspect();
            Time = opened;
        }

        public DateTimeOffset Time { get; }

        public ReadOnlyLog Log { get; }

        public long StateOfFiles { get; }

        public LocalLogReader Reader { get; }

        public LogInspector Inspector { get; }

        public Snapshot Use()
        {
            Interlocked.Increment(ref _uses);
            return this;
        }

        public void Release()
        {
            if (Interlocked.Decrement(ref _uses) == 0)
                Reader.Dispose();
        }
    }
}
