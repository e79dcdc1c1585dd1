using System.Runtime.Versioning;
using Actors.Wal.Local;
using Actors.Wal.Storage;

namespace Actors.Wal.Tests.Storage;

public sealed class OpenFileTests
{
    /// <summary>The first page of a process's memory is a file that can be opened and not read: error 5.</summary>
    [Fact]
    [SupportedOSPlatform("linux")]
    public void A_read_that_the_file_system_refuses_says_which_file_and_where()
    {
        using IStorageFile memory = new FileStorage("/proc/self").Open("mem", StorageAccess.Read);
        LogUnreadableException error = Assert.Throws<LogUnreadableException>(() => memory.Read(new byte[16], 512));
        Assert.Equal("/proc/self/mem", error.File);
        Assert.Equal(512, error.OffsetBytes);
        Assert.Contains("can't be read at offset 512: Input/output error", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_segment_that_can_not_be_opened_for_reading_is_named()
    {
        using var directory = new TestDirectory();
        await using LocalLogStore store = await directory.OpenAsync();
        await using (ILogStream stream = await store.OpenAsync(new LogStreamId("a")))
            await stream.AppendAsync(Payloads.Of(1));
        File.Delete(directory.Segments[0]);
        LogUnreadableException error = await Assert.ThrowsAsync<LogUnreadableException>(async () => await store.OpenAsync(new LogStreamId("a")));
        Assert.Equal("segments/0000000001.wal", error.File);
    }
}
