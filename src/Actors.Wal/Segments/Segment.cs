using Actors.Wal.Storage;

namespace Actors.Wal.Segments;

/// <summary>A segment that can be read: its number, its first LSN, and how far it holds acknowledged batches.</summary>
internal sealed class Segment(IStorage storage, uint number, Lsn firstLsn, long lengthBytes) : IDisposable
{
    private readonly Lock _gate = new();
    private IStorageFile? _file;
    private long _lengthBytes = lengthBytes;
    private bool _disposed;

    public uint Number { get; } = number;

    /// <summary>The LSN of its first frame, or of the next frame to come when it has none.</summary>
    public Lsn FirstLsn { get; } = firstLsn;

    /// <summary>The end of its last acknowledged batch.</summary>
    public long LengthBytes
    {
        get => Volatile.Read(ref _lengthBytes);
        set => Volatile.Write(ref _lengthBytes, value);
    }

    public string Path => SegmentFiles.SegmentPath(Number);

    /// <summary>The file, opened for reading on first use and kept open.</summary>
    public IStorageFile File
    {
        get
        {
            IStorageFile? file = Volatile.Read(ref _file);
            return file ?? OpenFile();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _file?.Dispose();
        }
    }

    private IStorageFile OpenFile()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                return _file ??= storage.Open(Path, StorageAccess.Read);
            }
            catch (IOException e)
            {
                throw new LogUnreadableException(Path, 0, e);
            }
        }
    }
}
