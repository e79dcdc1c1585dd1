using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Reading;

namespace Actors.Wal.Recovery;

/// <summary>The running state of a scan over the log: the chain that each batch must follow from, and the index that its frames build.</summary>
internal sealed class LogReplay(IFrameSink index)
{
    public Lsn LastLsn { get; private set; }

    public ulong LastBatch { get; private set; }

    /// <summary>The last batch header's checksum, or its segment header's for a segment without a batch.</summary>
    public ulong LastChecksum { get; private set; }

    public long LastTimeMicros { get; private set; }

    public long DirectoryEpoch { get; private set; }

    /// <summary>Batches read.</summary>
    public long Batches { get; private set; }

    /// <summary>Frames read.</summary>
    public long Frames { get; private set; }

    /// <summary>Bytes read.</summary>
    public long Bytes { get; private set; }

    /// <summary>Goes on behind what a snapshot of the index has taken in.</summary>
    public void Continue(in IndexSnapshotHeader snapshot)
    {
        Skip(snapshot.End);
        LastTimeMicros = snapshot.LastTimeMicros;
        DirectoryEpoch = snapshot.DirectoryEpoch;
    }

    /// <summary>Passes over a segment that a snapshot of the index has taken in.</summary>
    public void Skip(in Predecessor segment)
    {
        LastLsn = segment.LastLsn;
        LastBatch = segment.LastBatch;
        LastChecksum = segment.Checksum;
    }

    /// <summary>Starts a segment: its first batch follows from its header.</summary>
    public void Enter(in SegmentHeader header, ulong checksum)
    {
        LastChecksum = checksum;
        DirectoryEpoch = Math.Max(DirectoryEpoch, header.DirectoryEpoch);
    }

    /// <summary>Whether a batch that validates by itself is the one that comes next.</summary>
    public bool Follows(in BatchHeader header)
        => header.Number == LastBatch + 1
            && header.PreviousChecksum == LastChecksum
            && header.DirectoryEpoch >= DirectoryEpoch
            && header.FirstLsn == LastLsn.Next
            && header.Durable <= LastLsn
            && header.DurableBatch <= LastBatch;

    /// <summary>Takes in the next batch.</summary>
    /// <exception cref="LogCorruptException">Its bytes are as they were written, and make no sense.</exception>
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

    /// <summary>Takes in a cold segment with all that is left in it.</summary>
    /// <exception cref="LogCorruptException">A block or a frame does not validate, or makes no sense.</exception>
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

    /// <summary>Passes over a cold segment.</summary>
    public void Enter(ColdSegment segment)
    {
        Skip(segment.Header.End);
        LastTimeMicros = Math.Max(LastTimeMicros, segment.Header.LastTimeMicros);
        DirectoryEpoch = Math.Max(DirectoryEpoch, segment.Header.DirectoryEpoch);
    }
}
