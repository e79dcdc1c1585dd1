using Actors.Wal.Salvage;
using Actors.Wal.Storage;

namespace Actors.Wal.Tests.Salvage;

/// <summary>What a salvage refuses: a source that nothing identifies, and a target that is there.</summary>
public sealed class SalvageRefusalTests : SalvageTestBase
{
    [Fact]
    public async Task A_store_without_manifest_and_headers_is_refused()
    {
        await WriteAsync();
        File.Delete(_store.FullPath("MANIFEST"));
        Directory.Delete(_store.FullPath("index"), recursive: true);
        foreach (string file in _store.Files("segments", "*.wal"))
            _store.Destroy(file, 0, 100);
        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(() => _store.SalvageAsync());
        Assert.Contains("Neither the manifest nor any header", error.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(_store.Target));
    }

    [Fact]
    public async Task A_target_that_is_there_is_refused_and_what_an_ended_salvage_left_is_removed()
    {
        await WriteAsync();
        Directory.CreateDirectory(_store.Target + ".partial/segments");
        Assert.True((await _store.SalvageAsync()).IsComplete);
        var storage = new FileStorage(_store.Source.Path);
        IOException there = await Assert.ThrowsAsync<IOException>(() => new StoreSalvage(storage, _store.Target).RunAsync(TestContext.Current.CancellationToken));
        Assert.Contains("is there already and not empty", there.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => new StoreSalvage(storage, _store.FullPath("new")).RunAsync(TestContext.Current.CancellationToken));
        Directory.CreateDirectory(_store.Target + "er.partial/photos");
        await Assert.ThrowsAsync<IOException>(() => new StoreSalvage(storage, _store.Target + "er").RunAsync(TestContext.Current.CancellationToken));
    }
}
