using Actors.Wal.Commit;
using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Recovery;

/// <summary>
/// Reads a log from its first segment to its end. The bytes after the last valid batch decide what the end is:
/// <list type="table">
/// <item><term>only zeros after the last valid batch</term><description>the end</description></item>
/// <item><term>other bytes, and nothing proves that they were durable</term><description>a torn write that was never acknowledged as durable: cut, copied, reported</description></item>
/// <item><term>other bytes, and a later structure proves that the missing batch was durable</term><description>damage: refused</description></item>
/// <item><term>an invalid batch in a segment that has a successor, a missing or short segment</term><description>damage: refused</description></item>
/// </list>
/// Recovery writes nothing. It flushes the last segments before it reads them, so that it reads only what survives, also when the
/// last owner was killed or its flush has failed. <see cref="TailCut"/> cuts torn bytes later.
/// </summary>
internal sealed class LogRecovery(IStorage storage, Manifest manifest, SegmentSet segments, bool created, bool readAll = false, IProgress<OpenProgress>? progress = null)
{
    private readonly ulong _storeSeed = manifest.StoreSeed;
    private StreamIndex _index = new();
    private LogReplay _replay = null!;
    private readonly List<uint> _unused = [];
    private readonly List<string> _covered = [];
    private readonly RecoveryProgress _progress = new(progress);
    private byte[] _window = [];
    private int _read;
    private Predecessor? _last;
    private SegmentFooter? _footer;
    private TornTail? _torn;

    public RecoveredLog Run()
    {
        StartReplay();
        List<SegmentName> names = FindSegments();
        DropCaches(names);
        IndexSnapshotHeader? snapshot = readAll ? null : LoadSnapshot(names);
        int first = snapshot is { } taken ? names.FindIndex(n => n.Last == taken.End.Segment) + 1 : 0;
        if (progress is not null)
            _progress.TotalBytes = names.Skip(first).Sum(LengthOf);
        for (int i = first; i < names.Count; i++)
        {
            _read++;
            if (names[i].IsCold)
            {
                ReadCold(names[i]);
                continue;
            }

            if (i + 1 < names.Count && EndBefore(names[i + 1]) is { } end)
            {
                ReadSealed(names[i].First, end);
                continue;
            }

            ReadLast(names[i].First);
            foreach (SegmentName behind in names.Skip(_last?.Segment == names[i].First ? i + 1 : i))
                ReadUnused(behind);
            break;
        }

        uint lastNumber = _last?.Segment ?? 0;
        // The owner may have begun a segment after a reader beside it listed the files. Such a segment is not missing.
        bool isIncomplete = manifest.OpenSegment > lastNumber || _footer is { HasSuccessor: true } || names is [.., { IsCold: true }] || segments.All is [.., ColdSegment];
        if (isIncomplete && (names.Exists(n => n.First == lastNumber + 1) || !storage.Exists(SegmentFiles.SegmentPath(lastNumber + 1))))
            throw Missing(lastNumber + 1);

        return new RecoveredLog
        {
            Manifest = manifest,
            Created = created,
            Segments = segments,
            Index = _index,
            Snapshot = snapshot,
            Position = new LogPosition(_replay.LastLsn, _replay.LastBatch, _last),
            LastTimeMicros = _replay.LastTimeMicros,
            DirectoryEpoch = Math.Max(manifest.DirectoryEpoch, _replay.DirectoryEpoch) + 1,
            NextSegment = lastNumber + 1,
            CleanClose = _footer is { HasSuccessor: false },
            Torn = _torn,
            Unused = _unused,
            Covered = _covered,
            SegmentsRead = _read,
            Batches = _replay.Batches,
            Frames = _replay.Frames,
            Bytes = _replay.Bytes,
        };
    }

    /// <summary>Returns the segments in order, without a gap and without those that a durable cold segment replaces.</summary>
    private List<SegmentName> FindSegments()
    {
        var names = new List<SegmentName>();
        uint last = 0;
        foreach (SegmentName name in SegmentFiles.Segments(storage))
        {
            if (name.Last <= last)
            {
                _covered.Add(name.Path);
                continue;
            }

            if (name.First > last + 1)
                throw Missing(last + 1);
            if (name.First <= last)
                throw new LogCorruptException($"The segments {name.First} to {last} are there twice.", name.Path, 0);
            names.Add(name);
            last = name.Last;
        }

        return names;
    }

    /// <summary>
    /// Flushes the last segment and the files behind it and drops their cached pages, so that they are read from the device. After a
    /// failed flush the cache may have more. All earlier segments are durable: each was flushed before the next one got its header.
    /// </summary>
    private void DropCaches(List<SegmentName> names)
    {
        for (int i = names.Count - 1; i >= 0 && !names[i].IsCold; i--)
        {
            using IStorageFile file = storage.Open(names[i].Path, StorageAccess.Read);
            file.SyncData();
            file.DropCache();
            if (SegmentHeader.Read(file, names[i].First, manifest, out _) is not null)
                return;
        }
    }

    /// <summary>
    /// Loads the index from the newest valid snapshot. Of the segments that the snapshot includes, only the headers are read now; their
    /// frames are read on demand.
    /// </summary>
    private IndexSnapshotHeader? LoadSnapshot(List<SegmentName> names)
    {
        foreach (uint number in SegmentFiles.Snapshots(storage).OrderDescending())
        {
            int end = names.FindIndex(n => n.Last == number);
            if (end < 0 || end + 1 >= names.Count)
                continue;
            using IStorageFile? file = SegmentFiles.TryOpenSnapshot(storage, number);
            if (file is null)
                continue;
            if (SnapshotReader.Of(file, number, manifest) is not { } snapshot
                || EndBefore(names[end + 1]) != snapshot.Header.End)
                continue;
            if (_index.Load(snapshot))
            {
                EnterBySnapshot(names, snapshot.Header);
                return snapshot.Header;
            }

            _index = new StreamIndex();
            StartReplay();
        }

        return null;
    }

    private void StartReplay() => _replay = new LogReplay(new RebuiltIndex(_index, segments, _storeSeed));

    private void EnterBySnapshot(List<SegmentName> names, in IndexSnapshotHeader snapshot)
    {
        for (int i = 0; names[i].Last <= snapshot.End.Segment; i++)
        {
            Predecessor end = EndBefore(names[i + 1]) ?? throw NoHeader(names[i + 1].Path);
            if (names[i].IsCold)
            {
                _replay.Enter(EnterCold(names[i]));
                RequireEnd(names[i + 1], end);
                continue;
            }

            string path = names[i].Path;
            using IStorageFile file = storage.Open(path, StorageAccess.Read);
            RequireLength(file, path, end);
            Enter(file, names[i].First, path, end.LengthBytes);
            if (end.Segment != names[i].First)
                throw DoesNotFollow(names[i + 1]);
            _last = end;
            _replay.Skip(end);
        }

        _replay.Continue(snapshot);
    }

    /// <summary>Returns the end of the log before a segment, as its header states it; null when the header is not valid.</summary>
    private Predecessor? EndBefore(SegmentName name)
        => name.IsCold ? ColdSegment.Open(storage, name, manifest).Header.Predecessor : PeekHeader(name.First)?.Predecessor;

    private SegmentHeader? PeekHeader(uint number)
    {
        using IStorageFile file = storage.Open(SegmentFiles.SegmentPath(number), StorageAccess.Read);
        return SegmentHeader.Read(file, number, manifest, out _);
    }

    private void ReadCold(SegmentName name)
    {
        ColdSegment cold = EnterCold(name);
        _replay.Apply(cold, _storeSeed);
    }

    private ColdSegment EnterCold(SegmentName name)
    {
        ColdSegment cold = ColdSegment.Open(storage, name, manifest);
        if (cold.Header.Predecessor is null != name.First is 1)
            throw DoesNotFollow(name);
        RequireEnd(name, cold.Header.Predecessor);
        segments.Add(cold);
        _last = cold.Header.End;
        return cold;
    }

    /// <summary>Reads a segment that has a successor. It must be whole up to the end that the successor's header states.</summary>
    private void ReadSealed(uint number, Predecessor end)
    {
        string path = SegmentFiles.SegmentPath(number);
        using IStorageFile file = storage.Open(path, StorageAccess.Read);
        RequireLength(file, path, end);
        Enter(file, number, path, end.LengthBytes);
        if (end.Segment != number)
            throw DoesNotFollow(new SegmentName(number + 1, number + 1, false));
        var scanner = new BatchScanner(file, number, _storeSeed, end.LengthBytes) { Window = _window };
        while (scanner.Next() is { } batch && _replay.Follows(batch.Header))
            Apply(batch, path);
        _window = scanner.Window;
        if (_replay.LastBatch != end.LastBatch || _replay.LastLsn != end.LastLsn || _replay.LastChecksum != end.Checksum)
            throw new LogCorruptException($"Batch {_replay.LastBatch + 1} does not validate, though its segment was complete up to batch {end.LastBatch}.", path, Layout.AlignSector(EndOfValid(end.LengthBytes, scanner)), _replay.LastLsn);
        Leave(number, end.LengthBytes);
    }

    /// <summary>Reads the last segment with a header up to its last valid batch, and classifies the bytes behind it.</summary>
    private void ReadLast(uint number)
    {
        string path = SegmentFiles.SegmentPath(number);
        using IStorageFile file = storage.Open(path, StorageAccess.Read);
        if (SegmentHeader.Read(file, number, manifest, out _) is not { } header)
            return;

        Enter(file, number, path, file.LengthBytes);
        var scanner = new BatchScanner(file, number, _storeSeed, file.LengthBytes) { Window = _window };
        long end = Layout.FirstBatchOffsetBytes;
        while (scanner.Next() is { } batch && _replay.Follows(batch.Header))
        {
            Apply(batch, path);
            end = scanner.EndOfLastBytes;
        }

        long tailStart = Layout.AlignSector(end);
        Tail tail = TailClassifier.Classify(file, number, _storeSeed, tailStart, _replay.LastBatch);
        if (tail.Kind == TailKind.Damaged)
            throw new LogCorruptException($"Batch {_replay.LastBatch + 1} does not validate, and what is written at offset {tail.ProofOffsetBytes} proves that it was durable.", path, tailStart, _replay.LastLsn);
        if (tail.Kind != TailKind.Footer && file.LengthBytes < header.SegmentBytes)
            throw new LogCorruptException($"The segment is {file.LengthBytes} bytes long and has no footer; {header.SegmentBytes} bytes were prepared.", path, file.LengthBytes, _replay.LastLsn);
        if (tail.Kind == TailKind.Torn)
            _torn = Torn(number, tailStart, tail);
        _footer = tail.Footer;
        Leave(number, end);
    }

    private void Apply(in ScannedBatch batch, string path)
    {
        _replay.Apply(batch, path);
        _progress.Report(_replay.Bytes);
    }

    private long LengthOf(SegmentName name)
    {
        using IStorageFile file = storage.Open(name.Path, StorageAccess.Read);
        return file.LengthBytes;
    }

    /// <summary>Checks a file behind the last segment. It was prepared and not used, or the first write into it was torn.</summary>
    private void ReadUnused(SegmentName name)
    {
        uint number = name.First;
        string path = name.Path;
        if (name.IsCold)
            throw new LogCorruptException("A segment before it has no valid header.", path, 0, _replay.LastLsn);
        using IStorageFile file = storage.Open(path, StorageAccess.Read);
        Tail tail = TailClassifier.Classify(file, number, _storeSeed, 0, _replay.LastBatch);
        if (tail.Kind is TailKind.Damaged or TailKind.Footer || SegmentHeader.Read(file, number, manifest, out _) is not null)
            throw new LogCorruptException($"A segment before it has no valid header, and what is written at offset {tail.ProofOffsetBytes} proves that it was durable.", path, 0, _replay.LastLsn);
        if (tail.Kind == TailKind.Torn)
            _torn = Torn(number, 0, tail);
        _unused.Add(number);
    }

    private void Enter(IStorageFile file, uint number, string path, long lengthBytes)
    {
        if (SegmentHeader.Read(file, number, manifest, out ulong checksum) is not { } header)
            throw NoHeader(path);
        if (header.Predecessor is null != number is 1)
            throw DoesNotFollow(new SegmentName(number, number, false));
        RequireEnd(new SegmentName(number, number, false), header.Predecessor);
        _replay.Enter(header, checksum);
        segments.Add(new LogSegment(storage, number, _replay.LastLsn.Next, lengthBytes));
    }

    private void Leave(uint number, long lengthBytes)
    {
        segments.Find(number)!.LengthBytes = lengthBytes;
        _last = new Predecessor(number, lengthBytes, _replay.LastLsn, _replay.LastBatch, _replay.LastChecksum);
    }

    private TornTail Torn(uint number, long offset, in Tail tail)
        => new(SegmentFiles.SegmentPath(number), offset, _replay.LastLsn, tail.EndBytes - offset, tail.Frames, SegmentFiles.TornPath(number, offset));

    private static long EndOfValid(long limit, BatchScanner scanner) => Math.Min(limit, scanner.EndOfLastBytes);

    private void RequireLength(IStorageFile file, string path, in Predecessor end)
    {
        if (file.LengthBytes < end.LengthBytes)
            throw new LogCorruptException($"The segment is {file.LengthBytes} bytes long; its successor says {end.LengthBytes}.", path, file.LengthBytes, _replay.LastLsn);
    }

    private void RequireEnd(SegmentName next, in Predecessor? end)
    {
        if (end is not null && end != _last)
            throw DoesNotFollow(next);
    }

    private LogCorruptException DoesNotFollow(SegmentName name)
        => new($"Segment {name.First} does not follow from the segment before it.", name.Path, name.IsCold ? 48 : 44, _replay.LastLsn);

    private LogCorruptException NoHeader(string path)
        => new("The segment's header does not validate.", path, 0, _replay.LastLsn);

    private LogCorruptException Missing(uint number)
        => new($"Segment {number} is missing.", SegmentFiles.SegmentPath(number), 0, _replay.LastLsn);
}
