using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Reading;


namespace Actors.Wal.Index;

/// <summary>The state of a scan over the log: the end of the chain of batches so far, and the index that their frames build.</summary>
internal sealed class LogReplay(IFrameSink index)
{
    public Lsn LastLsn { get; private set; }

    public ulong LastBatch { get; private set; }

    /// <summary>The checksum of the last batch's header; in a segment without a batch, of the segment's header.</summary>
    public ulong LastChecksum { get; private set; }

    public long LastTimeMicros { get; private set; }

    public long DirectoryEpoch { get; private set; }

    /// <summary>Batches read.</summary>
    public long Batches { get; private set; }

    /// <summary>Frames read.</summary>
    public long Frames { get; private set; }

    /// <summary>Bytes read.</summary>
    public long Bytes { get; private set; }

    /// <summary>Continues behind the segments that an index snapshot includes.</summary>
    public void Continue(in IndexSnapshotHeader snapshot)
    {
        Skip(snapshot.End);
        LastTimeMicros = snapshot.LastTimeMicros;
        DirectoryEpoch = snapshot.DirectoryEpoch;
    }

    /// <summary>Skips a segment that an index snapshot includes.</summary>
    public void Skip(in Predecessor segment)
    {
        LastLsn = segment.LastLsn;
        LastBatch = segment.LastBatch;
        LastChecksum = segment.Checksum;
    }

    /// <summary>Starts a segment. Its first batch follows from its header.</summary>
    public void Enter(in SegmentHeader header, ulong checksum)
    {
        LastChecksum = checksum;
        DirectoryEpoch = Math.Max(DirectoryEpoch, header.DirectoryEpoch);
    }

    /// <summary>Whether a batch that validates by itself is the next one of the log.</summary>
    public bool Follows(in BatchHeader header)
        => header.Number == LastBatch + 1
            && header.PreviousChecksum == LastChecksum
            && header.DirectoryEpoch >= DirectoryEpoch
            && header.FirstLsn == LastLsn.Next
            && header.Durable <= LastLsn
            && header.DurableBatch <= LastBatch;

    /// <summary>Applies the next batch.</summary>
    /// <exception cref="LogCorruptException">The checksums are right, but the frames are inconsistent.</exception>
    public void Apply(in ScannedBatch batch, string file)
    {
        FrameCursor frames = batch.Frames;
        while (frames.MoveNext())
        {
            if (!frames.Current.LeadsBack(frames.Location) || !index.Apply(frames.Current, frames.Location, frames.Bytes))
                throw new LogCorruptException($"The frame of LSN {frames.Current.Lsn} does not follow from its stream's previous frame.", file, frames.Location.OffsetBytes, LastLsn);
        }

        if (!frames.IsComplete)
            throw new LogCorruptException($"The frames of batch {batch.Header.Number} don't fill it as its header says.", file, batch.Location.OffsetBytes, LastLsn);

        Frames += batch.Header.FrameCount;
        Bytes += BatchHeader.SizeBytes + batch.Header.BodyBytes;
        LastLsn = batch.Header.LastLsn;
        LastBatch = batch.Header.Number;
        LastChecksum = batch.Checksum;
        LastTimeMicros = Math.Max(LastTimeMicros, batch.Header.TimeMicros);
        DirectoryEpoch = Math.Max(DirectoryEpoch, batch.Header.DirectoryEpoch);
        Batches++;
    }

    /// <summary>Applies a cold segment with all its frames.</summary>
    /// <exception cref="LogCorruptException">A block or a frame does not validate or is inconsistent.</exception>
    public void Apply(ColdSegment segment, ulong storeSeed)
    {
        var frames = new ColdScanner(segment, storeSeed);
        while (frames.MoveNext())
        {
            if (!frames.Current.LeadsBack(frames.Location) || !index.Apply(frames.Current, frames.Location, frames.Bytes))
                throw new LogCorruptException($"The frame of LSN {frames.Current.Lsn} does not follow from its stream's previous frame.", segment.Path, segment.OffsetOf(frames.Block), LastLsn);
        }

        Frames += segment.Header.Frames;
        Bytes += segment.LengthBytes;
        Enter(segment);
    }

    /// <summary>Skips a cold segment.</summary>
    public void Enter(ColdSegment segment)
    {
        Skip(segment.Header.End);
        LastTimeMicros = Math.Max(LastTimeMicros, segment.Header.LastTimeMicros);
        DirectoryEpoch = Math.Max(DirectoryEpoch, segment.Header.DirectoryEpoch);
    }
}
