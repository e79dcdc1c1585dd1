using Actors.Wal.Storage;

namespace Actors.Wal.Segments;

/// <summary>
/// A part of the log that can be read: a segment of batches, or a cold segment that stands for one or several of them.
/// </summary>
internal abstract class Segment(IStorage storage, string path, uint first, uint last, Lsn firstLsn, long lengthBytes) : IDisposable
{
    private readonly Lock _gate = new();
    private IStorageFile? _file;
    private long _lengthBytes = lengthBytes;
    private bool _disposed;

    /// <summary>The number of the first segment that it stands for.</summary>
    public uint First { get; } = first;

    /// <summary>The number of the last one.</summary>
    public uint Last { get; } = last;

    /// <summary>The LSN of its first frame, or of the next frame to come when it has none.</summary>
    public Lsn FirstLsn { get; } = firstLsn;

    public string Path { get; } = path;

    /// <summary>The end of what counts in it: of its last acknowledged batch, or of a cold segment's file.</summary>
    public long LengthBytes
    {
        get => Volatile.Read(ref _lengthBytes);
        set => Volatile.Write(ref _lengthBytes, value);
    }

    /// <summary>The file, opened for reading on first use and kept open.</summary>
    public IStorageFile File
    {
        get
        {
            IStorageFile? file = Volatile.Read(ref _file);
            return file ?? OpenFile();
        }
    }

    /// <summary>Whether it was given up: its place in the log is another one's now.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed);

    public void Dispose()
    {
        lock (_gate)
        {
            Volatile.Write(ref _disposed, true);
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

/// <summary>A segment of batches, as the commit path wrote it.</summary>
internal sealed class LogSegment(IStorage storage, uint number, Lsn firstLsn, long lengthBytes)
    : Segment(storage, SegmentFiles.SegmentPath(number), number, number, firstLsn, lengthBytes);
