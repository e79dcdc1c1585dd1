using Actors.Wal.Conformance;

namespace Actors.Wal.Tests.Conformance;

/// <summary>The local store, in a directory that one store has open at a time.</summary>
internal sealed class LocalBackend : StoreBackend
{
    private readonly TestDirectory _directory = new();

    public override bool IsShared => false;

    public override async Task<ILogStore> OpenAsync(StoreSettings settings) => await _directory.OpenAsync(o => o with
    {
        MaxRecordBytes = settings.MaxRecordBytes,
        Sync = settings.Sync,
        Retention = settings.Retention,
        Time = settings.Time,
    });

    public override ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}
