using Actors.Wal.Commit;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Recovery;

/// <summary>
/// Reads a log from its first segment to its end, and decides what the end is:
/// <list type="table">
/// <item><term>only zeros after the last valid batch</term><description>the end</description></item>
/// <item><term>other bytes, and nothing proves that they were durable</term><description>a torn write that was never acknowledged as durable: cut, copied, reported</description></item>
/// <item><term>other bytes, and a later structure proves that the missing batch was durable</term><description>damage: refused</description></item>
/// <item><term>an invalid batch in a segment that has a successor, a missing or short segment</term><description>damage: refused</description></item>
/// </list>
/// Nothing is written here, but for the flush of the last segments: what is read must be what survives, also when the
/// last owner was killed or its flush had failed. What there is to cut, <see cref="TailCut"/> does later.
/// </summary>
internal sealed class LogRecovery(IStorage storage, Manifest manifest, SegmentSet segments, bool created, bool readAll = false)
{
    private readonly ulong _storeSeed = manifest.StoreSeed;
    private StreamIndex _index = new();
    private LogReplay _replay = null!;
    private readonly byte[] _sector = new byte[Layout.SectorBytes];
    private readonly List<uint> _unused = [];
    private Predecessor? _last;
    private SegmentFooter? _footer;
    private TornTail? _torn;

    public RecoveredLog Run()
    {
        _replay = new LogReplay(_index);
        List<uint> numbers = FindSegments();
        DropCaches(numbers);
        IndexSnapshotHeader? snapshot = readAll ? null : LoadSnapshot(numbers);
        for (int i = (int)(snapshot?.End.Segment ?? 0); i < numbers.Count; i++)
        {
            if (i + 1 < numbers.Count && PeekHeader(numbers[i + 1]) is { } next)
            {
                ReadSealed(numbers[i], Successor(next, numbers[i]));
                continue;
            }

            ReadLast(numbers[i]);
            foreach (uint behind in numbers.Skip(_last is null ? i : i + 1))
                ReadUnused(behind);
            break;
        }

        uint lastNumber = _last?.Segment ?? 0;
        // Where somebody reads beside the owner, a segment may have been begun since they were listed.
        bool isIncomplete = manifest.OpenSegment > lastNumber || _footer is { HasSuccessor: true };
        if (isIncomplete && (numbers.Contains(lastNumber + 1) || !storage.Exists(SegmentFiles.SegmentPath(lastNumber + 1))))
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
            Batches = _replay.Batches,
            Frames = _replay.Frames,
            Bytes = _replay.Bytes,
        };
    }

    private List<uint> FindSegments()
    {
        var numbers = storage.List(SegmentFiles.SegmentDirectory)
            .Select(SegmentFiles.ParseSegmentName)
            .OfType<uint>()
            .Order()
            .ToList();
        for (int i = 0; i < numbers.Count; i++)
        {
            if (numbers[i] != i + 1)
                throw Missing((uint)i + 1);
        }

        return numbers;
    }

    /// <summary>
    /// Makes the last segment, and the files behind it, show what the device holds. After a flush that failed the cache
    /// may show more. A segment is flushed before the next one gets its header, so all before the last are beyond doubt.
    /// </summary>
    private void DropCaches(List<uint> numbers)
    {
        for (int i = numbers.Count - 1; i >= 0; i--)
        {
            using IStorageFile file = storage.Open(SegmentFiles.SegmentPath(numbers[i]), StorageAccess.Read);
            file.SyncData();
            file.DropCache();
            if (ReadHeader(file, numbers[i], out _) is not null)
                return;
        }
    }

    /// <summary>
    /// Takes the index from the newest snapshot that is valid, and the segments that it has taken in from their headers.
    /// What is in these is read when somebody asks for it.
    /// </summary>
    private IndexSnapshotHeader? LoadSnapshot(List<uint> numbers)
    {
        foreach (uint number in SegmentFiles.Snapshots(storage).Where(n => n < numbers.Count).OrderDescending())
        {
            using IStorageFile? file = SegmentFiles.TryOpenSnapshot(storage, number);
            if (file is null)
                continue;
            if (SnapshotReader.Of(file, number, manifest) is not { } snapshot
                || PeekHeader(number + 1)?.Predecessor != snapshot.Header.End)
                continue;
            if (_index.Load(snapshot))
            {
                _replay = new LogReplay(_index);
                EnterBySnapshot(snapshot.Header);
                return snapshot.Header;
            }

            _index = new StreamIndex();
        }

        _replay = new LogReplay(_index);
        return null;
    }

    private void EnterBySnapshot(in IndexSnapshotHeader snapshot)
    {
        for (uint number = 1; number <= snapshot.End.Segment; number++)
        {
            string path = SegmentFiles.SegmentPath(number);
            using IStorageFile file = storage.Open(path, StorageAccess.Read);
            Enter(file, number, path);
            Predecessor end = number == snapshot.End.Segment
                ? snapshot.End
                : PeekHeader(number + 1) is { } next ? Successor(next, number) : throw NoHeader(SegmentFiles.SegmentPath(number + 1));
            RequireLength(file, path, end);
            segments.Find(number)!.LengthBytes = end.LengthBytes;
            _last = end;
            _replay.Skip(end);
        }

        _replay.Continue(snapshot);
    }

    private SegmentHeader? PeekHeader(uint number)
    {
        using IStorageFile file = storage.Open(SegmentFiles.SegmentPath(number), StorageAccess.Read);
        return ReadHeader(file, number, out _);
    }

    private SegmentHeader? ReadHeader(IStorageFile file, uint number, out ulong checksum)
    {
        int count = file.Read(_sector, 0);
        return SegmentHeader.Read(_sector.AsSpan(0, count), number, manifest.StoreId, _storeSeed, out checksum);
    }

    private static Predecessor Successor(in SegmentHeader next, uint number)
        => next.Predecessor is { } predecessor && predecessor.Segment == number
            ? predecessor
            : throw new LogCorruptException($"Segment {next.Segment} does not follow from segment {number}.", SegmentFiles.SegmentPath(next.Segment), 44);

    /// <summary>Reads a segment that has a successor: it must be whole up to the end that the successor's header names.</summary>
    private void ReadSealed(uint number, Predecessor end)
    {
        string path = SegmentFiles.SegmentPath(number);
        using IStorageFile file = storage.Open(path, StorageAccess.Read);
        Enter(file, number, path);
        RequireLength(file, path, end);
        var scanner = new BatchScanner(file, number, _storeSeed, end.LengthBytes);
        while (scanner.Next() is { } batch && _replay.Follows(batch.Header))
            _replay.Apply(batch, path);
        if (_replay.LastBatch != end.LastBatch || _replay.LastLsn != end.LastLsn || _replay.LastChecksum != end.Checksum)
            throw new LogCorruptException($"Batch {_replay.LastBatch + 1} does not validate, though its segment was complete up to batch {end.LastBatch}.", path, Layout.AlignSector(EndOfValid(end.LengthBytes, scanner)), _replay.LastLsn);
        Leave(number, end.LengthBytes);
    }

    /// <summary>Reads the last segment with a header to its last valid batch, and judges what is behind that.</summary>
    private void ReadLast(uint number)
    {
        string path = SegmentFiles.SegmentPath(number);
        using IStorageFile file = storage.Open(path, StorageAccess.Read);
        if (ReadHeader(file, number, out _) is not { } header)
            return;

        Enter(file, number, path);
        var scanner = new BatchScanner(file, number, _storeSeed, file.LengthBytes);
        long end = Layout.FirstBatchOffsetBytes;
        while (scanner.Next() is { } batch && _replay.Follows(batch.Header))
        {
            _replay.Apply(batch, path);
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

    /// <summary>Judges a file behind the last segment: it was made ready, or the first write into it was torn.</summary>
    private void ReadUnused(uint number)
    {
        string path = SegmentFiles.SegmentPath(number);
        using IStorageFile file = storage.Open(path, StorageAccess.Read);
        Tail tail = TailClassifier.Classify(file, number, _storeSeed, 0, _replay.LastBatch);
        if (tail.Kind is TailKind.Damaged or TailKind.Footer || ReadHeader(file, number, out _) is not null)
            throw new LogCorruptException($"A segment before it has no valid header, and what is written at offset {tail.ProofOffsetBytes} proves that it was durable.", path, 0, _replay.LastLsn);
        if (tail.Kind == TailKind.Torn)
            _torn = Torn(number, 0, tail);
        _unused.Add(number);
    }

    private void Enter(IStorageFile file, uint number, string path)
    {
        if (ReadHeader(file, number, out ulong checksum) is not { } header)
            throw NoHeader(path);
        if (header.Predecessor is null != number is 1 || header.Predecessor is { } p && p != _last)
            throw new LogCorruptException($"Segment {number} does not follow from the segment before it.", path, 44, _replay.LastLsn);
        _replay.Enter(header, checksum);
        segments.Add(new Segment(storage, number, _replay.LastLsn.Next, 0));
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

    private LogCorruptException NoHeader(string path)
        => new("The segment's header does not validate.", path, 0, _replay.LastLsn);

    private LogCorruptException Missing(uint number)
        => new($"Segment {number} is missing.", SegmentFiles.SegmentPath(number), 0, _replay.LastLsn);
}
