using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Actors.Wal.Local;
using Actors.Wal.Storage;
using Microsoft.Win32.SafeHandles;

namespace Actors.Wal.Tests.Storage;

public sealed partial class DirectoryLockTests : IDisposable
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
    public async Task Readers_of_a_closed_store_share_it_and_keep_owners_out()
    {
        string path = Path.Combine(_directory.Path, "LOCK");
        await using (await _directory.OpenAsync())
            Assert.Throws<StoreInUseException>(() => DirectoryLock.Share(_directory.Path, path));
        using (DirectoryLock.Share(_directory.Path, path))
        using (DirectoryLock.Share(_directory.Path, path))
            await Assert.ThrowsAsync<StoreInUseException>(() => _directory.OpenAsync());
        await (await _directory.OpenAsync()).DisposeAsync();
    }

    /// <summary>As in a process that is being started while the store closes: it has copies of all descriptors for a moment.</summary>
    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task A_closed_store_reopens_while_a_copy_of_its_lock_descriptor_is_open()
    {
        LocalLogStore store = await _directory.OpenAsync();
        string path = Path.Combine(_directory.Path, "LOCK");
        string descriptor = Directory.EnumerateFiles("/proc/self/fd").Single(f => new FileInfo(f).LinkTarget == path);
        using var copy = new SafeFileHandle(Duplicate(int.Parse(Path.GetFileName(descriptor), CultureInfo.InvariantCulture)), ownsHandle: true);
        Assert.False(copy.IsInvalid);
        await store.DisposeAsync();
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

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);
}
