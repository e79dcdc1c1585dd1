using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Reading;
using Actors.Wal.Recovery;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Inspection;

/// <summary>
/// Reads every byte of a store that must be right, and reports all places where it is not: headers, the chain from batch to batch
/// and from segment to segment, the checksum of every frame, and index snapshots that do not agree with the log.
/// </summary>
internal sealed class LogVerification(IStorage storage, Manifest manifest) : IDisposable
{
    // A batch that the owner is writing may be read in part. It looks damaged once the next batch is there, so it is read again.
    private const int Tries = 5;

    private readonly List<LogProblem> _problems = [];
    private readonly StreamIndex _index = new();
    private readonly HashSet<uint> _snapshots = [];
    private readonly SegmentSet _segments = new();
    private LogReplay? _replay;
    private Predecessor? _last;
    private long _batches;
    private long _frames;

    /// <summary>Called with the bytes read so far and the bytes to read in all.</summary>
    public Action<long, long> Progress { get; init; } = static (_, _) => { };

    public VerificationReport Run(CancellationToken cancellationToken = default)
    {
        _replay = new LogReplay(new RebuiltIndex(_index, _segments, manifest.StoreSeed));
        _snapshots.UnionWith(SegmentFiles.Snapshots(storage));
        List<SegmentName> names = WithoutGaps();
        var headers = names.Where(n => !n.IsCold).ToDictionary(n => n.First, n => HeaderOf(n.First));
        var ends = names.Zip(names.Skip(1), (n, next) => (n.Last, End: EndBefore(next, headers))).Where(e => e.End is not null).ToDictionary(e => e.Last, e => e.End!.Value);
        long total = names.Sum(n => LengthOf(n, ends));
        long done = 0;
        foreach (SegmentName name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (name.IsCold)
                VerifyCold(name, ends);
            else
                Verify(name.First, headers, ends);
            if (_snapshots.Contains(name.Last))
                VerifySnapshot(name.Last);
            Progress(done += LengthOf(name, ends), total);
        }

        if (manifest.OpenSegment > (_last?.Segment ?? 0))
            Add(SegmentFiles.ManifestFile, 20, $"The manifest says that segment {manifest.OpenSegment} was started; the log ends in segment {_last?.Segment ?? 0}.");
        return new VerificationReport(_problems, names.Count, _batches, _frames, done, _replay is null ? null : _index.Count, _last?.LastLsn ?? Lsn.Zero);
    }

    public void Dispose() => _segments.Dispose();

    /// <summary>Returns the segments in order, without those that a cold segment replaces, because an opening deletes them.</summary>
    private List<SegmentName> WithoutGaps()
    {
        var names = new List<SegmentName>();
        uint expected = 1;
        foreach (SegmentName name in SegmentFiles.Segments(storage).Where(n => n.Last >= expected))
        {
            if (name.First > expected)
                Add(SegmentFiles.SegmentPath(expected), 0, name.First == expected + 1 ? "The segment is missing." : $"The segments {expected} to {name.First - 1} are missing.");
            else if (name.First < expected)
                Add(name.Path, 0, $"The segments {name.First} to {expected - 1} are there twice.");
            names.Add(name);
            expected = name.Last + 1;
        }

        return names;
    }

    private (SegmentHeader Header, ulong Checksum)? HeaderOf(uint number)
    {
        if (!storage.Exists(SegmentFiles.SegmentPath(number)))
            return null;
        using IStorageFile file = storage.Open(SegmentFiles.SegmentPath(number), StorageAccess.Read);
        return SegmentHeader.Read(file, number, manifest, out ulong checksum) is { } header ? (header, checksum) : null;
    }

    /// <summary>Returns the end of the log before a segment, as its header states it; null when the header is not valid.</summary>
    private Predecessor? EndBefore(SegmentName name, Dictionary<uint, (SegmentHeader Header, ulong Checksum)?> headers)
        => name.IsCold ? TryOpenCold(name)?.Header.Predecessor : headers[name.First]?.Header.Predecessor;

    /// <summary>Returns how many bytes of a segment are read: up to the end that its successor states, or all.</summary>
    private long LengthOf(SegmentName name, Dictionary<uint, Predecessor> ends)
    {
        if (!name.IsCold && ends.TryGetValue(name.Last, out Predecessor end))
            return end.LengthBytes;
        using IStorageFile file = storage.Open(name.Path, StorageAccess.Read);
        return file.LengthBytes;
    }

    private ColdSegment? TryOpenCold(SegmentName name)
    {
        try
        {
            return ColdSegment.Open(storage, name, manifest);
        }
        catch (LogCorruptException)
        {
            return null;
        }
    }

    private void VerifyCold(SegmentName name, Dictionary<uint, Predecessor> ends)
    {
        try
        {
            ColdSegment cold = ColdSegment.Open(storage, name, manifest);
            if (cold.Header.Predecessor != _last && (_last is not null || name.First == 1))
                Add(name.Path, 48, "The segment does not follow from the one before it.");
            _last = cold.Header.End;
            _segments.Add(cold);
            VerifyFrames(cold);
            if (_replay is not null)
                _replay.Apply(cold, manifest.StoreSeed);
        }
        catch (LogCorruptException e)
        {
            Add(name.Path, e.OffsetBytes, e.Message);
            _replay = null;
            _last = ends.TryGetValue(name.Last, out Predecessor end) ? end : _last;
        }
    }

    private void Verify(uint number, Dictionary<uint, (SegmentHeader Header, ulong Checksum)?> headers, Dictionary<uint, Predecessor> ends)
    {
        string path = SegmentFiles.SegmentPath(number);
        using IStorageFile file = storage.Open(path, StorageAccess.Read);
        Predecessor? end = ends.TryGetValue(number, out Predecessor known) ? known : null;
        if (headers[number] is not { } header)
        {
            VerifyWithoutHeader(file, number, path, headers, ends);
            return;
        }

        if (header.Header.Predecessor != _last && (_last is not null || number == 1))
            Add(path, 44, "The segment does not follow from the one before it.");
        _replay?.Enter(header.Header, header.Checksum);
        _segments.Add(new LogSegment(storage, number, _last?.LastLsn.Next ?? new Lsn(1), end?.LengthBytes ?? file.LengthBytes));
        long length = Math.Min(end?.LengthBytes ?? file.LengthBytes, file.LengthBytes);
        if (end is { } named && file.LengthBytes < named.LengthBytes)
            Add(path, file.LengthBytes, $"The segment is {file.LengthBytes} bytes long; its successor says {named.LengthBytes}.");
        var scanner = new BatchScanner(file, number, manifest.StoreSeed, length);
        Predecessor read = Scan(scanner, path, new Predecessor(number, 0, _last?.LastLsn ?? Lsn.Zero, _last?.LastBatch ?? 0, header.Checksum));
        if (end is { } wanted)
        {
            if (read != wanted)
            {
                _replay = null; // the rest is verified by itself
                Add(path, Layout.AlignSector(scanner.EndOfLastBytes), $"Batch {read.LastBatch + 1} does not validate, though its segment was complete up to batch {wanted.LastBatch}.");
            }
        }
        else
        {
            read = VerifyTail(file, path, read, header.Header);
        }

        _last = end ?? read;
    }

    /// <summary>Reads batches as long as they validate, and validates the checksum of each frame.</summary>
    private Predecessor Scan(BatchScanner scanner, string path, in Predecessor begin)
    {
        Predecessor end = begin;
        while (scanner.Next() is { } batch && batch.Follows(end))
        {
            VerifyFrames(batch, path);
            try
            {
                _replay?.Apply(batch, path);
            }
            catch (LogCorruptException e)
            {
                Add(path, e.OffsetBytes, e.Message);
                _replay = null;
            }

            _batches++;
            _frames += batch.Header.FrameCount;
            end = batch.EndAfter(end);
        }

        return end with { LengthBytes = Math.Max(begin.LengthBytes, scanner.EndOfLastBytes) };
    }

    private void VerifyFrames(in ScannedBatch batch, string path)
    {
        FrameCursor frames = batch.Frames;
        while (frames.MoveNext())
        {
            if (!FrameHeader.IsSealed(frames.Bytes.Span, manifest.StoreSeed, frames.Location))
                Add(path, frames.Location.OffsetBytes, $"The checksum of the frame of LSN {frames.Current.Lsn} is wrong.");
            VerifyId(frames.Current, frames.Bytes, path, frames.Location.OffsetBytes);
        }
    }

    private void VerifyFrames(ColdSegment cold)
    {
        var frames = new ColdScanner(cold, manifest.StoreSeed);
        while (frames.MoveNext())
        {
            VerifyId(frames.Current, frames.Bytes, cold.Path, cold.OffsetOf(frames.Block));
            _frames++;
        }
    }

    private void VerifyId(in FrameHeader frame, ReadOnlyMemory<byte> bytes, string path, long offset)
    {
        if (Records.StreamOf(frame, bytes) is null)
            Add(path, offset, $"The stream id of the frame of LSN {frame.Lsn} is no name.");
        else if (Checksum.OfStream(Records.IdOf(frame, bytes).Span, manifest.HashSeed) != frame.StreamHash)
            Add(path, offset, $"The stream hash of the frame of LSN {frame.Lsn} is not that of its id.");
    }

    /// <summary>Checks what follows the last batch. If the owner has written more in the meantime, that is read too.</summary>
    private Predecessor VerifyTail(IStorageFile file, string path, Predecessor read, in SegmentHeader header)
    {
        for (int tries = 1; ; tries++)
        {
            long start = Layout.AlignSector(read.LengthBytes);
            Tail tail = TailClassifier.Classify(file, read.Segment, manifest.StoreSeed, start, read.LastBatch);
            bool isShort = tail.Kind != TailKind.Footer && file.LengthBytes < header.SegmentBytes;
            if ((tail.Kind == TailKind.Damaged || isShort) && tries < Tries)
            {
                read = Scan(new BatchScanner(file, read.Segment, manifest.StoreSeed, file.LengthBytes) { OffsetBytes = start }, path, read);
                continue;
            }

            if (tail.Kind == TailKind.Damaged)
                Add(path, start, $"Batch {read.LastBatch + 1} does not validate, and what is written at offset {tail.ProofOffsetBytes} proves that it was durable.");
            else if (isShort)
                Add(path, file.LengthBytes, $"The segment is {file.LengthBytes} bytes long and has no footer; {header.SegmentBytes} bytes were prepared.");
            else if (tail.Footer is { HasSuccessor: true } && HeaderOf(read.Segment + 1) is null)
                Add(SegmentFiles.SegmentPath(read.Segment + 1), 0, "The segment is missing.");
            return read;
        }
    }

    /// <summary>Checks a file without a header. It is allowed only behind the end of the log, and must hold nothing durable.</summary>
    private void VerifyWithoutHeader(IStorageFile file, uint number, string path, Dictionary<uint, (SegmentHeader Header, ulong Checksum)?> headers, Dictionary<uint, Predecessor> ends)
    {
        bool isBehind = headers.All(h => h.Key <= number || h.Value is null) && manifest.OpenSegment < number;
        if (isBehind && TailClassifier.Classify(file, number, manifest.StoreSeed, 0, _last?.LastBatch ?? 0).Kind is TailKind.End or TailKind.Torn)
            return;
        if (HeaderOf(number) is not null)
            return; // its owner has begun it since
        Add(path, 0, "The segment's header does not validate.");
        _replay = null;
        _last = ends.TryGetValue(number, out Predecessor end) ? end : _last;
    }

    private void VerifySnapshot(uint number)
    {
        string path = SegmentFiles.SnapshotPath(number);
        using IStorageFile? file = SegmentFiles.TryOpenSnapshot(storage, number);
        if (file is null)
            return;
        var loaded = new StreamIndex();
        if (SnapshotReader.Of(file, number, manifest) is not { } snapshot || !loaded.Load(snapshot))
            Add(path, 0, "The snapshot of the index does not validate. The log does not need it: delete the file.");
        else if (snapshot.Header.End != _last)
            Add(path, 0, "The snapshot of the index is not of this log. The log does not need it: delete the file.");
        else if (_replay is not null && !Agrees(loaded))
            Add(path, 0, "The snapshot of the index says something else than the log. The log does not need it: delete the file.");
    }

    /// <summary>Whether a snapshot agrees with the log. A head that the log does not have must be a frame that compaction has dropped.</summary>
    private bool Agrees(StreamIndex snapshot)
    {
        var reader = new FrameReader(_segments, manifest.StoreSeed);
        HashSet<IndexEntry> read = [.. _index.Heads()];
        List<IndexEntry> dropped = [.. snapshot.Heads().Where(e => !read.Remove(e))];
        HashSet<ulong> hashes = [.. dropped.Select(e => e.Hash)];
        return dropped.TrueForAll(e => _segments.Find(new FrameLocation(e.Location).Segment) is ColdSegment && !reader.Exists(new FrameLocation(e.Location)))
            && read.All(e => hashes.Contains(e.Hash));
    }

    private void Add(string file, long offsetBytes, string what) => _problems.Add(new LogProblem(file, offsetBytes, what));
}
