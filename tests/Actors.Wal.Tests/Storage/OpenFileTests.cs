using System.Runtime.Versioning;
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
}
