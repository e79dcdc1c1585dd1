using Microsoft.Win32.SafeHandles;

namespace Actors.Wal.Storage;

/// <summary>An open file. Reads and writes are positional; a flush calls the system directly.</summary>
internal sealed class OpenFile(string path, SafeFileHandle handle) : IStorageFile
{
    public string Path { get; } = path;

    public long LengthBytes => RandomAccess.GetLength(handle);

    public int Read(Span<byte> buffer, long offsetBytes)
    {
        int total = 0;
        try
        {
            while (total < buffer.Length)
            {
                int count = RandomAccess.Read(handle, buffer[total..], offsetBytes + total);
                if (count == 0)
                    break;
                total += count;
            }
        }
        catch (IOException e)
        {
            throw new LogUnreadableException(Path, offsetBytes + total, e);
        }

        return total;
    }

    public void Write(ReadOnlySpan<byte> bytes, long offsetBytes)
    {
        try
        {
            RandomAccess.Write(handle, bytes, offsetBytes);
        }
        catch (ArgumentOutOfRangeException e)
        {
            // The managed call reports EFBIG as this exception.
            throw new IOException($"'{Path}' can't get longer than {offsetBytes} bytes: the file system or a limit of this process (ulimit -f) does not allow it.", e);
        }
    }

    public bool Allocate(long lengthBytes) => Native.Allocate(handle, Path, lengthBytes);

    public void Truncate(long lengthBytes) => RandomAccess.SetLength(handle, lengthBytes);

    public void SyncData() => Native.SyncData(handle, Path);

    public void DropCache() => Native.DropCache(handle);

    public void Dispose() => handle.Dispose();
}
