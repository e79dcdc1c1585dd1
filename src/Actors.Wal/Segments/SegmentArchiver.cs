using Actors.Wal.Storage;

namespace Actors.Wal.Segments;

/// <summary>Gives sealed segments to the archive, one after the other.</summary>
internal sealed class SegmentArchiver(ISegmentArchive? archive, IStorage storage, SegmentSet segments) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private uint _through;
    private uint _sealed;
    private uint _failedAt;

    /// <summary>The last segment that compaction may replace.</summary>
    public uint Through => archive is null ? uint.MaxValue : Volatile.Read(ref _through);

    /// <summary>The archive's last error; null once it has taken the segments.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Notes that a segment is sealed and durable.</summary>
    public void Sealed(uint segment) => Volatile.Write(ref _sealed, Math.Max(_sealed, segment));

    public void Stop() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();

    /// <summary>Archives the sealed segments that are not archived yet.</summary>
    public void Step()
    {
        uint end = Volatile.Read(ref _sealed);
        if (archive is null || end <= _through || end == _failedAt || _stopping.IsCancellationRequested)
            return;
        try
        {
            foreach (Segment segment in segments.All.Where(s => s.Last > _through && s.Last <= end))
            {
                // The segments that a cold segment replaced were archived before.
                if (segment is LogSegment)
                    archive.StoreAsync(SegmentFiles.SegmentName(segment.First), Path.Combine(storage.Root, segment.Path), _stopping.Token).AsTask().GetAwaiter().GetResult();
                Volatile.Write(ref _through, segment.Last);
            }

            Failure = null;
        }
        catch (Exception e)
        {
            Failure = e;
            _failedAt = end;
            Metrics.ArchiveFailures.Add(1);
        }
    }
}
