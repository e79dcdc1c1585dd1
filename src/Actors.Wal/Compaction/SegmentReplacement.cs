using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Storage;
using Actors.Wal.Streams;

namespace Actors.Wal.Compaction;

/// <summary>Replaces segments by the cold segment that was copied from them: compares it with the index, publishes it, and deletes them.</summary>
internal sealed class SegmentReplacement(LogFiles files, IndexSaver saver, StreamTable streams, StreamIndex index, LiveFrames live)
{
    // Files that a cold segment has replaced. They are deleted once the cold segment's name is durable.
    private readonly List<string> _replaced = [];

    /// <summary>Whether the names of files may never become durable. Then nothing may be deleted any more.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether nothing is left to do for <see cref="Finish"/>.</summary>
    public bool IsFinished { get; private set; } = true;

    /// <summary>Replaces the segments that a copy was made from. <see cref="Finish"/> must follow.</summary>
    /// <param name="copy">The header of the copy, which has its temporary name.</param>
    /// <param name="replaced">The segments.</param>
    /// <returns>The cold segment.</returns>
    public ColdSegment Publish(in ColdSegmentHeader copy, out IReadOnlyList<Segment> replaced)
    {
        (uint first, uint last) = (copy.First, copy.Last);
        List<Segment> run = [.. files.Segments.All.Where(s => s.First >= first && s.Last <= last)];
        RequireHeads(copy);
        saver.DropBefore(last);
        var cold = new ColdSegment(files.Storage, copy, files.StoreSeed);
        run.Find(s => s.Path == cold.Path)?.Pin();
        files.Storage.Rename(SegmentFiles.ColdTemporary, cold.Path);
        IsFinished = false;
        files.Segments.Replace(cold);
        _replaced.AddRange(run.Select(s => s.Path).Where(p => p != cold.Path));
        replaced = run;
        return cold;
    }

    /// <summary>Makes the name of the cold segment durable, and then deletes the replaced files.</summary>
    public void Finish()
    {
        SyncNames();
        for (; _replaced.Count > 0; _replaced.RemoveAt(_replaced.Count - 1))
            files.Storage.Delete(_replaced[^1]);
        SyncNames();
        IsFinished = true;
    }

    private void SyncNames()
    {
        try
        {
            files.Storage.SyncDirectory(SegmentFiles.SegmentDirectory);
        }
        catch (IOException e) when (!StorageErrors.IsShortage(e))
        {
            // After a failed sync the name may never become durable, even if a later sync succeeds.
            IsBroken = true;
            throw;
        }
    }

    /// <summary>
    /// Checks the copy against the index. For each stream whose last frame the index has in these segments, the copy on disk must
    /// have that frame, or later appends must have made it dead.
    /// </summary>
    private void RequireHeads(in ColdSegmentHeader header)
    {
        using var copy = new ColdSegment(files.Storage, header, files.StoreSeed, SegmentFiles.ColdTemporary);
        using var alone = new SegmentSet();
        alone.Add(copy);
        var reader = new FrameReader(alone, files.StoreSeed);
        var original = new FrameReader(files.Segments, files.StoreSeed);
        streams.WriteBackAll();
        live.Forget();
        foreach (FrameLocation head in index.HeadsBetween(header.First, header.Last))
        {
            if (reader.TryRead(head, out _) is not null)
                continue;
            ReadOnlyMemory<byte> bytes = original.Read(head, out FrameHeader frame);
            if (live.IsLive(frame, head, bytes))
                throw new LogCorruptException($"The index has the last frame of a stream at {head}, and compaction found it dead; nothing was deleted.", SegmentFiles.SegmentPath(head.Segment), head.OffsetBytes, frame.Lsn);
        }
    }
}
