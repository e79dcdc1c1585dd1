using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Reading;
using Actors.Wal.Recovery;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Inspection;

/// <summary>
/// Reads every byte of a store that must be right, and names all places where it is not: headers, the chain from batch to
/// batch and from segment to segment, every frame's own checksum, and the snapshots of the index against the log.
/// </summary>
internal sealed class LogVerification(IStorage storage, Manifest manifest)
{
    // The owner's next batch may be half written when it is read, and looks damaged once the one behind it is there.
    private const int Tries = 5;

    private readonly List<LogProblem> _problems = [];
    private readonly StreamIndex _index = new();
    private readonly HashSet<uint> _snapshots = [];
    private readonly byte[] _sector = new byte[Layout.SectorBytes];
    private LogReplay? _replay;
    private Predecessor? _last;
    private long _batches;
    private long _frames;

    /// <summary>Called with the bytes read so far and those to be read in all.</summary>
    public Action<long, long> Progress { get; init; } = static (_, _) => { };

    public VerificationReport Run(CancellationToken cancellationToken = default)
    {
        _replay = new LogReplay(_index);
        _snapshots.UnionWith(SegmentFiles.Snapshots(storage));
        List<uint> numbers = [.. storage.List(SegmentFiles.SegmentDirectory).Select(SegmentFiles.ParseSegmentName).OfType<uint>().Order()];
        RequireNoGaps(numbers);
        var headers = numbers.ToDictionary(n => n, HeaderOf);
        long total = numbers.Sum(n => LengthOf(n, headers));
        long done = 0;
        foreach (uint number in numbers)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Verify(number, headers);
            Progress(done += LengthOf(number, headers), total);
        }

        if (manifest.OpenSegment > (_last?.Segment ?? 0))
            Add(SegmentFiles.ManifestFile, 20, $"The manifest says that segment {manifest.OpenSegment} was started; the log ends in segment {_last?.Segment ?? 0}.");
        return new VerificationReport(_problems, numbers.Count, _batches, _frames, done, _replay is null ? null : _index.Count, _last?.LastLsn ?? Lsn.Zero);
    }

    private void RequireNoGaps(List<uint> numbers)
    {
        for (int i = 0; i < numbers.Count; i++)
        {
            uint expected = i == 0 ? 1 : numbers[i - 1] + 1;
            if (numbers[i] != expected)
                Add(SegmentFiles.SegmentPath(expected), 0, numbers[i] == expected + 1 ? "The segment is missing." : $"The segments {expected} to {numbers[i] - 1} are missing.");
        }
    }

    private (SegmentHeader Header, ulong Checksum)? HeaderOf(uint number)
    {
        if (!storage.Exists(SegmentFiles.SegmentPath(number)))
            return null;
        using IStorageFile file = storage.Open(SegmentFiles.SegmentPath(number), StorageAccess.Read);
        int count = file.Read(_sector, 0);
        return SegmentHeader.Read(_sector.AsSpan(0, count), number, manifest.StoreId, manifest.StoreSeed, out ulong checksum) is { } header ? (header, checksum) : null;
    }

    /// <summary>The bytes of a segment that are read: up to the end that its successor names, or all.</summary>
    private long LengthOf(uint number, Dictionary<uint, (SegmentHeader Header, ulong Checksum)?> headers)
    {
        if (EndOf(number, headers) is { } end)
            return end.LengthBytes;
        using IStorageFile file = storage.Open(SegmentFiles.SegmentPath(number), StorageAccess.Read);
        return file.LengthBytes;
    }

    private static Predecessor? EndOf(uint number, Dictionary<uint, (SegmentHeader Header, ulong Checksum)?> headers)
        => headers.GetValueOrDefault(number + 1)?.Header.Predecessor;

    private void Verify(uint number, Dictionary<uint, (SegmentHeader Header, ulong Checksum)?> headers)
    {
        string path = SegmentFiles.SegmentPath(number);
        using IStorageFile file = storage.Open(path, StorageAccess.Read);
        Predecessor? end = EndOf(number, headers);
        if (headers[number] is not { } header)
        {
            VerifyWithoutHeader(file, number, path, headers);
            return;
        }

        if (header.Header.Predecessor != _last && (_last is not null || number == 1))
            Add(path, 44, "The segment does not follow from the one before it.");
        _replay?.Enter(header.Header, header.Checksum);
        long length = Math.Min(end?.LengthBytes ?? file.LengthBytes, file.LengthBytes);
        if (end is { } named && file.LengthBytes < named.LengthBytes)
            Add(path, file.LengthBytes, $"The segment is {file.LengthBytes} bytes long; its successor says {named.LengthBytes}.");
        var scanner = new BatchScanner(file, number, manifest.StoreSeed, length);
        Predecessor read = Scan(scanner, path, new Predecessor(number, 0, _last?.LastLsn ?? Lsn.Zero, _last?.LastBatch ?? 0, header.Checksum));
        if (end is { } wanted)
        {
            if (read != wanted)
            {
                _replay = null; // the rest is looked at by itself
                Add(path, Layout.AlignSector(scanner.EndOfLastBytes), $"Batch {read.LastBatch + 1} does not validate, though its segment was complete up to batch {wanted.LastBatch}.");
            }
        }
        else
        {
            read = VerifyTail(file, path, read, header.Header);
        }

        _last = end ?? read;
        if (_snapshots.Contains(number))
            VerifySnapshot(number);
    }

    /// <summary>Reads batches for as long as they validate; each frame's own checksum is looked at too.</summary>
    private Predecessor Scan(BatchScanner scanner, string path, in Predecessor begin)
    {
        (Lsn lastLsn, ulong lastBatch, ulong checksum) = (begin.LastLsn, begin.LastBatch, begin.Checksum);
        while (scanner.Next() is { } batch && batch.Header.PreviousChecksum == checksum && batch.Header.Number == lastBatch + 1 && batch.Header.FirstLsn == lastLsn.Next)
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
            lastLsn = batch.Header.LastLsn;
            lastBatch = batch.Header.Number;
            checksum = batch.Checksum;
        }

        return begin with { LengthBytes = Math.Max(begin.LengthBytes, scanner.EndOfLastBytes), LastLsn = lastLsn, LastBatch = lastBatch, Checksum = checksum };
    }

    private void VerifyFrames(in ScannedBatch batch, string path)
    {
        FrameCursor frames = batch.Frames;
        while (frames.MoveNext())
        {
            if (!FrameHeader.IsSealed(frames.Bytes.Span, manifest.StoreSeed, frames.Location))
                Add(path, frames.Location.OffsetBytes, $"The checksum of the frame of LSN {frames.Current.Lsn} is wrong.");
            if (Records.StreamOf(frames.Current, frames.Bytes) is null)
                Add(path, frames.Location.OffsetBytes, $"The stream id of the frame of LSN {frames.Current.Lsn} is no name.");
            else if (Checksum.OfStream(Records.IdOf(frames.Current, frames.Bytes).Span, manifest.HashSeed) != frames.Current.StreamHash)
                Add(path, frames.Location.OffsetBytes, $"The stream hash of the frame of LSN {frames.Current.Lsn} is not that of its id.");
        }
    }

    /// <summary>Judges what follows the last batch. While an owner is writing there may be more than a moment ago: then that is read too.</summary>
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

    /// <summary>A file without a header is right behind the log's end alone, and holds nothing there.</summary>
    private void VerifyWithoutHeader(IStorageFile file, uint number, string path, Dictionary<uint, (SegmentHeader Header, ulong Checksum)?> headers)
    {
        bool isBehind = headers.All(h => h.Key <= number || h.Value is null) && manifest.OpenSegment < number;
        if (isBehind && TailClassifier.Classify(file, number, manifest.StoreSeed, 0, _last?.LastBatch ?? 0).Kind is TailKind.End or TailKind.Torn)
            return;
        if (HeaderOf(number) is not null)
            return; // begun since by its owner
        Add(path, 0, "The segment's header does not validate.");
        _replay = null;
        _last = EndOf(number, headers) ?? _last;
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
        else if (_replay is not null && !loaded.Heads().AsSpan().SequenceEqual(_index.Heads()))
            Add(path, 0, "The snapshot of the index says something else than the log. The log does not need it: delete the file.");
    }

    private void Add(string file, long offsetBytes, string what) => _problems.Add(new LogProblem(file, offsetBytes, what));
}

/// <summary>A place that is not right.</summary>
internal sealed record LogProblem(string File, long OffsetBytes, string What);

/// <summary>What verifying a log found.</summary>
/// <param name="Problems">All places that are not right.</param>
/// <param name="Segments">Segment files.</param>
/// <param name="Batches">Batches that validate.</param>
/// <param name="Frames">Frames in them.</param>
/// <param name="Bytes">Bytes read.</param>
/// <param name="Streams">Streams; null where damage makes it impossible to tell.</param>
/// <param name="LastLsn">The last record.</param>
internal sealed record VerificationReport(IReadOnlyList<LogProblem> Problems, int Segments, long Batches, long Frames, long Bytes, long? Streams, Lsn LastLsn);
