using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Storage;
using Actors.Wal.Streams;


namespace Actors.Wal.Compaction;

/// <summary>Writes the cold segment that will replace some segments, under a temporary name.</summary>
internal sealed class SegmentCopy(LogFiles files, LiveFrames live, Publication publication)
{
    private Func<long, bool> _pace = static _ => true;

    /// <summary>Copies the live frames.</summary>
    /// <param name="run">The segments, which are sealed.</param>
    /// <param name="createdMicros">The time of the copy.</param>
    /// <param name="pace">Called with the bytes that were read and written since the last call. May wait; returns false to end the copy.</param>
    /// <returns>The cold segment's header; null when the copy was ended.</returns>
    /// <exception cref="LogCorruptException">A segment does not validate.</exception>
    public ColdSegmentHeader? Write(CompactionRun run, long createdMicros, Func<long, bool> pace)
    {
        _pace = pace;
        IReadOnlyList<Segment> segments = run.Segments;
        if (files.Storage.Exists(SegmentFiles.ColdTemporary))
            files.Storage.Delete(SegmentFiles.ColdTemporary);
        using IStorageFile file = files.Storage.Open(SegmentFiles.ColdTemporary, StorageAccess.CreateNew);
        var writer = new ColdSegmentWriter(file, segments[^1].Last, files.StoreSeed, run.Compression);
        live.Forget();
        Lsn clean = publication.Published;
        Lsn cleanBefore = CleanBefore(segments[0]);
        var end = new RunEnd(BeginOf(segments[0]));
        foreach (Segment segment in segments)
        {
            bool whole = segment is ColdSegment cold
                ? Copy(cold, cleanBefore, writer, end)
                : Copy(segment, cleanBefore, writer, end);
            if (!whole)
                return null;
        }

        return writer.Finish(
            new ColdSegmentHeader(
                segments[0].First, BeginOf(segments[0]), end.End!.Value, end.LastTimeMicros, end.DirectoryEpoch, clean, publication.Published, createdMicros, 0, 0, 0, 0, 0, run.Compression != ColdCompression.None),
            files.Manifest.StoreId);
    }

    /// <summary>Returns an LSN. No segment before this one has frames, except deletions, of a stream that was deleted up to it.</summary>
    private Lsn CleanBefore(Segment segment)
        => new(files.Segments.All.Where(s => s.Last < segment.First).Select(s => s is ColdSegment cold ? cold.Header.Clean.Value : 0).DefaultIfEmpty(long.MaxValue).Min());

    private Predecessor? BeginOf(Segment segment)
        => segment is ColdSegment cold ? cold.Header.Predecessor : HeaderOf(segment, files.Manifest, out _).Predecessor;

    /// <summary>The header of a segment of batches.</summary>
    public static SegmentHeader HeaderOf(Segment segment, Manifest manifest, out ulong checksum)
        => SegmentHeader.Read(segment.File, segment.First, manifest, out checksum)
            ?? throw new LogCorruptException("The segment's header does not validate.", segment.Path, 0);

    private bool Copy(ColdSegment segment, Lsn cleanBefore, ColdSegmentWriter writer, RunEnd end)
    {
        var frames = new ColdScanner(segment, files.StoreSeed);
        long paced = 0;
        while (frames.MoveNext())
        {
            Copy(frames.Current, frames.Location, frames.Bytes, cleanBefore, writer);
            if (!Wait(ref paced, segment.OffsetOf(frames.Block), writer))
                return false;
        }

        end.Add(segment.Header);
        return true;
    }

    private bool Copy(Segment segment, Lsn cleanBefore, ColdSegmentWriter writer, RunEnd end)
    {
        SegmentHeader header = HeaderOf(segment, files.Manifest, out ulong checksum);
        end.Begin(header, checksum);
        var scanner = new BatchScanner(segment.File, segment.First, files.StoreSeed, segment.LengthBytes);
        long paced = 0;
        while (scanner.Next() is { } batch && batch.Header.PreviousChecksum == end.Checksum)
        {
            FrameCursor frames = batch.Frames;
            while (frames.MoveNext())
                Copy(frames.Current, frames.Location, frames.Bytes, cleanBefore, writer);
            if (!frames.IsComplete)
                break;
            end.Add(batch);
            if (!Wait(ref paced, scanner.OffsetBytes, writer))
                return false;
        }

        if (end.LengthBytes != segment.LengthBytes)
            throw new LogCorruptException($"Batch {end.LastBatch + 1} does not validate.", segment.Path, Layout.AlignSector(end.LengthBytes), end.LastLsn);
        return true;
    }

    private void Copy(in FrameHeader frame, FrameLocation location, ReadOnlyMemory<byte> bytes, Lsn cleanBefore, ColdSegmentWriter writer)
    {
        if (!FrameHeader.IsSealed(bytes.Span, files.StoreSeed, location))
            throw new LogCorruptException($"The checksum of the frame of LSN {frame.Lsn} is wrong.", SegmentFiles.SegmentPath(location.Segment), location.OffsetBytes, frame.Lsn);
        // Keep a deletion while an earlier segment may have frames of its stream. Without it, a reader of the whole log restores the stream.
        if (live.IsLive(frame, location, bytes) || (frame.Kind == LogRecordKind.Deletion && frame.Lsn > cleanBefore))
            writer.Add(location, bytes.Span);
    }

    private bool Wait(ref long paced, long read, ColdSegmentWriter writer)
    {
        const int StepBytes = 256 * 1024;
        long done = read + writer.FileBytes;
        if (done - paced < StepBytes)
            return true;
        long step = done - paced;
        paced = done;
        return _pace(step);
    }

    /// <summary>The end of the log after the copied segments, as the header of a next segment states it.</summary>
    private sealed class RunEnd(Predecessor? begin)
    {
        public Predecessor? End { get; private set; }

        public long LengthBytes => End!.Value.LengthBytes;

        public Lsn LastLsn => End!.Value.LastLsn;

        public ulong LastBatch => End!.Value.LastBatch;

        public ulong Checksum => End!.Value.Checksum;

        public long LastTimeMicros { get; private set; }

        public long DirectoryEpoch { get; private set; }

        public void Begin(in SegmentHeader header, ulong checksum)
        {
            Predecessor? before = End ?? begin;
            End = new Predecessor(header.Segment, Layout.FirstBatchOffsetBytes, before?.LastLsn ?? Lsn.Zero, before?.LastBatch ?? 0, checksum);
            DirectoryEpoch = Math.Max(DirectoryEpoch, header.DirectoryEpoch);
        }

        public void Add(in ScannedBatch batch)
        {
            End = batch.EndAfter(End!.Value);
            LastTimeMicros = Math.Max(LastTimeMicros, batch.Header.TimeMicros);
            DirectoryEpoch = Math.Max(DirectoryEpoch, batch.Header.DirectoryEpoch);
        }

        public void Add(in ColdSegmentHeader header)
        {
            End = header.End;
            LastTimeMicros = Math.Max(LastTimeMicros, header.LastTimeMicros);
            DirectoryEpoch = Math.Max(DirectoryEpoch, header.DirectoryEpoch);
        }
    }
}
