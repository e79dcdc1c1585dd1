using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Actors.Benchmarks.Measuring;

/// <summary>
/// Measures the disk without the engine: a file is prepared like a segment (allocated, filled with zeros, flushed), and then
/// gets one write and one flush at a time. It uses none of the engine's code on purpose.
/// </summary>
internal sealed partial class BareFile : IDisposable
{
    public const int SectorBytes = 512;
    public const long LengthBytes = 64 * 1024 * 1024;

    private const int ChunkBytes = 1024 * 1024;

    private readonly string _path;
    private readonly SafeFileHandle _handle;

    // A segment's first sector is its header.
    private long _offset = SectorBytes;

    public BareFile(string path)
    {
        _path = path;
        _handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        int error = PosixFallocate(_handle, 0, LengthBytes);
        if (error != 0)
            throw Error("allocate", error);
        var zeros = new byte[ChunkBytes];
        for (long offset = 0; offset < LengthBytes; offset += ChunkBytes)
            RandomAccess.Write(_handle, zeros, offset);
        Sync();
    }

    /// <summary>Writes after the last write, aligned to a sector, and flushes. Continues at the beginning when the file is full.</summary>
    public void WriteAndSync(ReadOnlySpan<byte> bytes)
    {
        if (_offset + bytes.Length > LengthBytes)
            _offset = SectorBytes;
        RandomAccess.Write(_handle, bytes, _offset);
        Sync();
        _offset += (bytes.Length + SectorBytes - 1) / SectorBytes * SectorBytes;
    }

    public void Dispose()
    {
        _handle.Dispose();
        File.Delete(_path);
    }

    private void Sync()
    {
        if (Fdatasync(_handle) != 0)
            throw Error("flush", Marshal.GetLastPInvokeError());
    }

    private IOException Error(string what, int errno) => new($"Can't {what} '{_path}': {new Win32Exception(errno).Message}.", errno);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int Fdatasync(SafeFileHandle descriptor);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int PosixFallocate(SafeFileHandle descriptor, long offset, long length);
}
