using Actors.Wal.Storage;

namespace Actors.Wal.Segments;

/// <summary>
/// A part of the log that can be read: a segment of batches, or a cold segment that replaces one or several of them.
/// </summary>
internal abstract class Segment(IStorage storage, string path, uint first, uint last, Lsn firstLsn, long lengthBytes) : IReadableFile, IDisposable
{
    private readonly Lock _gate = new();
    private IStorageFile? _file;
    private long _lengthBytes = lengthBytes;
    private bool _disposed;
    private bool _wasRead;
    private bool _isPinned;

    /// <summary>The segment's number; for a cold segment, that of the first segment that it replaces.</summary>
    public uint First { get; } = first;

    /// <summary>The segment's number; for a cold segment, that of the last segment that it replaces.</summary>
    public uint Last { get; } = last;

    /// <summary>Whether compaction wrote it. Its file then has no room for more, and no footer.</summary>
    public virtual bool IsCold => false;

    /// <summary>The LSN of its first frame, or of the next frame to come when it has none.</summary>
    public Lsn FirstLsn { get; } = firstLsn;

    public string Path { get; } = path;

    /// <summary>The end of its valid bytes: of the last acknowledged batch, or of a cold segment's file.</summary>
    public long LengthBytes
    {
        get => Volatile.Read(ref _lengthBytes);
        set => Volatile.Write(ref _lengthBytes, value);
    }

    /// <summary>The file, for reading. It is opened on demand, and may be closed between two reads.</summary>
    public IReadableFile File => this;

    /// <summary>Limits the number of open files; null for no limit.</summary>
    public OpenSegmentFiles? OpenFiles { get; set; }

    /// <summary>Whether a cold segment has replaced this one, or the store was closed.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed);

    long IReadableFile.LengthBytes
    {
        get
        {
            while (true)
            {
                try
                {
                    return (Volatile.Read(ref _file) ?? OpenFile()).LengthBytes;
                }
                catch (ObjectDisposedException) when (!IsDisposed)
                {
                    // The file was closed just now, because another segment's file was opened.
                }
            }
        }
    }

    int IReadableFile.Read(Span<byte> buffer, long offsetBytes)
    {
        while (true)
        {
            IStorageFile file = Volatile.Read(ref _file) ?? OpenFile();
            if (!Volatile.Read(ref _wasRead))
                Volatile.Write(ref _wasRead, true);
            try
            {
                return file.Read(buffer, offsetBytes);
            }
            catch (ObjectDisposedException) when (!IsDisposed)
            {
                // The file was closed just now, because another segment's file was opened.
            }
        }
    }

    /// <summary>Closes the file unless it was read since the last call. Returns whether it is closed.</summary>
    public bool CloseUnlessRead()
    {
        lock (_gate)
        {
            if (_isPinned && !_disposed)
                return false;
            if (_wasRead && !_disposed)
            {
                Volatile.Write(ref _wasRead, false);
                return false;
            }

            _file?.Dispose();
            Volatile.Write(ref _file, null);
            return true;
        }
    }

    /// <summary>Opens the file and keeps it open, because another file is about to take its name.</summary>
    public void Pin()
    {
        lock (_gate)
        {
            _isPinned = true;
            if (_file is null)
                Volatile.Write(ref _file, storage.Open(Path, StorageAccess.Read));
        }
    }

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
        IStorageFile opened;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_file is { } known)
                return known;
            try
            {
                opened = storage.Open(Path, StorageAccess.Read);
            }
            catch (IOException e)
            {
                throw new LogUnreadableException(Path, 0, e);
            }

            Volatile.Write(ref _file, opened);
        }

        OpenFiles?.Opened(this);
        return opened;
    }
}

/// <summary>A segment of batches, as the commit path wrote it.</summary>
internal sealed class LogSegment(IStorage storage, uint number, Lsn firstLsn, long lengthBytes)
    : Segment(storage, SegmentFiles.SegmentPath(number), number, number, firstLsn, lengthBytes);
