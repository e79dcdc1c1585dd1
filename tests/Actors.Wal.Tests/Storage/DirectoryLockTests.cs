using System.Runtime.Versioning;

namespace Actors.Wal.Tests.Storage;

public sealed class DirectoryLockTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_second_store_in_the_same_process_is_refused()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        StoreInUseException error = await Assert.ThrowsAsync<StoreInUseException>(() => _directory.OpenAsync());
        Assert.Contains($"process {Environment.ProcessId}", error.Holder, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_process_is_refused_and_told_who_holds_the_directory()
    {
        using ProbeProcess probe = ProbeProcess.Start("hold", _directory.Path);
        Assert.Equal("open", await probe.ReadLineAsync());
        StoreInUseException error = await Assert.ThrowsAsync<StoreInUseException>(() => _directory.OpenAsync());
        Assert.Contains($"process {probe.Id} ", error.Message, StringComparison.Ordinal);
        Assert.Contains("Actors.Probe", error.Message, StringComparison.Ordinal);
        await probe.KillAsync();

        // The lock ends with the process, however that ends.
        await (await _directory.OpenAsync()).DisposeAsync();
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Files_and_directories_are_private()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        const UnixFileMode File600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        foreach (string file in Directory.EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories))
            Assert.Equal(File600, File.GetUnixFileMode(file));
        foreach (string directory in Directory.EnumerateDirectories(_directory.Path))
            Assert.Equal(File600 | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
    }
}
