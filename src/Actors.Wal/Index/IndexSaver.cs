using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Storage;


namespace Actors.Wal.Index;

/// <summary>
/// Saves the index from time to time, so that an opening reads only what is newer. A snapshot is made from the one before and the
/// segments sealed since, which are read again from their files. So it depends on the log alone, not on the state of the store in
/// memory. An error costs only the snapshot.
/// </summary>
internal sealed class IndexSaver(IStorage storage, Manifest manifest, SegmentSet segments, IndexSnapshotHeader? newest, long everyBytes, StoreSize size)
{
    // A snapshot is written when this many times its size was logged. It adds at most a quarter to the bytes written.
    private const int LogBytesPerSnapshotByte = 4;
    private const int Kept = 2;

    private IndexSnapshotHeader? _newest = newest;
    private readonly IndexDelta _delta = new();
    private byte[] _window = [];
    private uint _sealed;
    private uint _tried;
    private volatile bool _stopping;
    private volatile bool _wanted;

    /// <summary>Raised when <see cref="Step"/> has something to do.</summary>
    public Action Wake { get; set; } = static () => { };

    /// <summary>The number of snapshots that failed.</summary>
    public long Failures { get; private set; }

    /// <summary>Notes that a segment is sealed and all of it is durable.</summary>
    public void Sealed(uint segment)
    {
        Volatile.Write(ref _sealed, Math.Max(_sealed, segment));
        Wake();
    }

    /// <summary>Makes a snapshot at the next step, regardless of how little is new.</summary>
    public void Want()
    {
        _wanted = true;
        _tried = 0;
    }

    /// <summary>Ends the snapshot in progress and prevents further ones.</summary>
    public void Stop() => _stopping = true;

    /// <summary>Makes a snapshot, if one is due.</summary>
    public void Step()
    {
        uint end = Volatile.Read(ref _sealed);
        if (_stopping || end <= _tried || !IsDue(end))
            return;
        _tried = end;
        try
        {
            if (Save(end) is { } saved)
            {
                _newest = saved;
                _wanted = false;
                DropOld(end);
            }
        }
        catch (Exception e)
        {
            Failures++;
            if (e is LogCorruptException damage)
                segments.Damage.Note(damage);
            Metrics.SnapshotFailures.Add(1);
        }
    }

    /// <summary>The newest snapshot; null if there is none.</summary>
    public IndexSnapshotHeader? Newest => _newest;

    private bool IsDue(uint end)
    {
        uint begin = _newest?.End.Segment ?? 0;
        long bytes = segments.All.Where(s => s.First > begin && s.Last <= end).Sum(s => s.LengthBytes);
        // Compaction uses only segments that a snapshot includes, so it needs one soon when space is short.
        if (bytes > 0 && (_wanted || (size.IsTight && bytes >= (_newest?.FileBytes ?? 0))))
            return true;
        return bytes >= Math.Max(everyBytes, LogBytesPerSnapshotByte * (_newest?.FileBytes ?? 0));
    }

    /// <returns>The snapshot's header; null when the store is closing.</returns>
    private IndexSnapshotHeader? Save(uint end)
    {
        // Without an older snapshot, the whole index is built from the log.
        var all = new StreamIndex();
        _delta.Clear();
        var replay = new LogReplay(_newest is null ? new RebuiltIndex(all, segments, manifest.StoreSeed) : _delta);
        if (_newest is { } begin)
            replay.Continue(begin);
        Predecessor last = default;
        foreach (Segment segment in segments.All.Where(s => s.Last > (_newest?.End.Segment ?? 0) && s.Last <= end))
        {
            if (!Read(segment, replay))
                return null;
            last = segment is ColdSegment cold
                ? cold.Header.End
                : new Predecessor(segment.Last, segment.LengthBytes, replay.LastLsn, replay.LastBatch, replay.LastChecksum);
        }

        if (storage.Exists(SegmentFiles.SnapshotTemporary))
            storage.Delete(SegmentFiles.SnapshotTemporary);
        IndexSnapshotHeader header;
        using (IStorageFile file = storage.Open(SegmentFiles.SnapshotTemporary, StorageAccess.CreateNew))
        {
            var writer = new SnapshotWriter(file, end, manifest.StoreSeed);
            if (_newest is { } newest)
                Merge(newest, writer);
            else
                all.WriteTo(writer);
            header = new IndexSnapshotHeader(last, replay.LastTimeMicros, replay.DirectoryEpoch, manifest.HashSeed, writer.Entries);
            writer.Finish(header, manifest.StoreId);
            file.SyncData();
        }

        storage.Rename(SegmentFiles.SnapshotTemporary, SegmentFiles.SnapshotPath(end));
        storage.SyncDirectory(SegmentFiles.IndexDirectory);
        return header;
    }

    /// <summary>Reads a sealed segment.</summary>
    /// <returns>False when the store is closing.</returns>
    /// <exception cref="LogCorruptException">The segment does not validate to its end.</exception>
    private bool Read(Segment segment, LogReplay replay)
    {
        if (segment is ColdSegment cold)
        {
            replay.Apply(cold, manifest.StoreSeed);
            return !_stopping;
        }

        string path = segment.Path;
        uint number = segment.First;
        long length = segment.LengthBytes;
        using IStorageFile file = storage.Open(path, StorageAccess.Read);
        if (SegmentHeader.Read(file, number, manifest, out ulong checksum) is not { } header)
            throw new LogCorruptException("The segment's header does not validate.", path, 0, replay.LastLsn);
        replay.Enter(header, checksum);
        var scanner = new BatchScanner(file, number, manifest.StoreSeed, length) { Window = _window };
        while (scanner.Next() is { } batch && replay.Follows(batch.Header))
        {
            if (_stopping)
                return false;
            replay.Apply(batch, path);
        }

        _window = scanner.Window;
        return scanner.EndOfLastBytes == length
            ? true
            : throw new LogCorruptException($"Batch {replay.LastBatch + 1} does not validate.", path, Layout.AlignSector(scanner.EndOfLastBytes), replay.LastLsn);
    }

    private void Merge(in IndexSnapshotHeader newest, SnapshotWriter writer)
    {
        string path = SegmentFiles.SnapshotPath(newest.End.Segment);
        using IStorageFile file = storage.Open(path, StorageAccess.Read);
        if (SnapshotReader.Of(file, newest.End.Segment, manifest) is { } old && old.Header == newest && _delta.Merge(old, writer))
            return;
        // The next snapshot is built from the whole log.
        _newest = null;
        throw new LogCorruptException("The snapshot of the index does not validate.", path, 0);
    }

    /// <summary>Deletes the snapshots that end before a segment, because frames that they point to may be dropped from now on.</summary>
    public void DropBefore(uint segment)
    {
        foreach (uint old in SegmentFiles.Snapshots(storage).Where(n => n < segment && n != _newest?.End.Segment).ToList())
            storage.Delete(SegmentFiles.SnapshotPath(old));
        storage.SyncDirectory(SegmentFiles.IndexDirectory);
    }

    private void DropOld(uint end)
    {
        foreach (uint old in SegmentFiles.Snapshots(storage).Where(n => n <= end).OrderDescending().Skip(Kept))
            storage.Delete(SegmentFiles.SnapshotPath(old));
        size.SnapshotBytes = SegmentFiles.Snapshots(storage).Count() * (_newest?.FileBytes ?? 0);
    }
}
