using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Storage;
using Actors.Wal.Streams;


namespace Actors.Wal.Compaction;

/// <summary>
/// Frees the space of frames that no reader can reach: write, flush, publish, delete. Frames keep their locations, so nothing that
/// points to them changes. Only segments that the newest index snapshot includes are compacted. A frame is dropped only after the
/// record that made it dead is durable, and its stream and the index agree that it is dead.
/// </summary>
internal sealed class Compactor(
    LocalLogStoreOptions options,
    IStorage storage,
    Manifest manifest,
    SegmentSet segments,
    IndexSaver saver,
    StreamTable streams,
    StreamIndex index,
    Publication publication,
    StoreSize size,
    SegmentArchiver archiver)
{
    // The live share of a segment is estimated this often while as many records are appended as the log has.
    private const int LooksPerTurn = 16;

    // The largest number of segments that are estimated in one step.
    private const int LooksPerStep = 16;

    // The dead share that compaction aims at when space is short. A smaller one is not worth the copying.
    private const double LeastDeadShare = 0.05;

    private readonly Dictionary<Segment, Look> _looks = [];
    // Segments that don't validate. They stay as they are until the store is opened again.
    private readonly HashSet<Segment> _damaged = [];
    // Files that a cold segment has replaced. They are deleted once the cold segment's name is durable.
    private readonly List<string> _unwanted = [];
    private ColdSegmentHeader? _written;
    private bool _broken;
    private volatile bool _stopping;
    private Lsn _failedAt;
    private double? _wantedDeadShare;
    private bool _wantsCompressed;

    /// <summary>Requests a flush of all acknowledged records.</summary>
    public Action RequestFlush { get; set; } = static () => { };

    /// <summary>Called with the bytes that were read and written since the last call. The call may wait.</summary>
    public Action<long> Pace { get; set; } = static _ => { };

    /// <summary>Whether no cold segment waits to be published.</summary>
    public bool IsIdle => _written is null;

    public CompactionCounters Counters { get; } = new();

    private LiveFrames Live => field ??= new LiveFrames(streams, segments, manifest.StoreSeed) { Damaged = NoteDamage };

    private void NoteDamage(LogCorruptException damage)
    {
        if (segments.Damage.Note(damage))
            Counters.CountFailure(damage);
    }

    /// <summary>Ends the work in progress and prevents further work.</summary>
    public void Stop() => _stopping = true;

    /// <summary>Sets the share of the log that may be dead from now on; null for the share that the options state.</summary>
    /// <param name="maxDeadShare">The share.</param>
    /// <param name="compress">Whether all segments are compressed, regardless of their age.</param>
    public void Want(double? maxDeadShare, bool compress = false)
    {
        _wantedDeadShare = maxDeadShare;
        _wantsCompressed = compress;
        _failedAt = Lsn.Zero;
    }

    /// <summary>Does one piece of work.</summary>
    /// <returns>Whether to call again at once; false when there is nothing to do or a flush must come first.</returns>
    public bool Step()
    {
        if (_stopping || _broken)
            return false;
        try
        {
            if (_unwanted.Count > 0)
                DeleteUnwanted();
            if (_written is { } written)
                return publication.End.Durable >= written.AsOf ? Publish(written) : WaitForFlush();
            return Begin();
        }
        catch (LogCorruptException e) when (segments.All.FirstOrDefault(s => s.Path == e.File) is { } damaged && _damaged.Add(damaged))
        {
            // The log is unchanged. The damaged segment is left as it is, and others are compacted.
            segments.Damage.Note(e);
            Counters.CountFailure(e);
            _written = null;
            return true;
        }
        catch (Exception e)
        {
            // The log is unchanged. The next attempt comes after more records and deletes what this one has written.
            Counters.CountFailure(e);
            _written = null;
            _failedAt = publication.Published;
            return false;
        }
    }

    private bool WaitForFlush()
    {
        RequestFlush();
        return false;
    }

    /// <summary>Chooses segments and copies their live frames.</summary>
    private bool Begin()
    {
        if (saver.Newest is not { } snapshot || (_failedAt > Lsn.Zero && publication.Published.Value < _failedAt.Value + RetryAfter))
            return false;
        uint end = Math.Min(snapshot.End.Segment, archiver.Through);
        List<Segment> candidates = [.. segments.All.Where(s => s.Last <= end)];
        IReadOnlyList<Segment> run = [];
        if (MaxDeadShare < 1)
        {
            if (Estimate(candidates))
                return true;
            run = CompactionPlan.Choose(
                [.. candidates.Select(s => new Candidate(s, _looks[s].LiveShare, _damaged.Contains(s)))], MaxDeadShare, options.SegmentBytes, publication.Published);
        }

        if (run.Count == 0)
            run = [.. candidates.Where(s => s is not ColdSegment { Header.IsCompressed: true } && !_damaged.Contains(s)).Take(1).Where(IsToBeCompressed)];
        if (run.Count == 0)
            return false;
        var copy = new SegmentCopy(storage, manifest, segments, Live, publication, IsToBeCompressed(run[^1]) ? ColdCompression.Brotli : ColdCompression.None) { Pace = PaceOrStop };
        _written = copy.Write(run, NowMicros);
        return _written is not null;
    }

    private long NowMicros => UnixMicros.Of(options.Time.GetUtcNow());

    /// <summary>Whether to compress a segment: on request, or by age. A segment of batches is as old as the header of the next one.</summary>
    private bool IsToBeCompressed(Segment segment)
    {
        if (_wantsCompressed)
            return true;
        if (options.CompressAfter is not { } age)
            return false;
        long endMicros = segment is ColdSegment cold ? cold.Header.LastTimeMicros
            : segments.After(segment) is LogSegment next ? SegmentCopy.HeaderOf(next, manifest, out _).CreatedMicros
            : long.MaxValue;
        return NowMicros - endMicros >= age.Ticks / TimeSpan.TicksPerMicrosecond;
    }

    private double MaxDeadShare
    {
        get
        {
            double share = _wantedDeadShare ?? options.MaxDeadShare;
            return size.IsTight ? Math.Min(share, LeastDeadShare) : share;
        }
    }

    // The number of records before the next attempt: about what a segment holds.
    private long RetryAfter => options.SegmentBytes / 256;

    /// <summary>Estimates the live shares of the segments that were not estimated recently.</summary>
    /// <returns>Whether there are more segments to estimate.</returns>
    private bool Estimate(List<Segment> candidates)
    {
        foreach (Segment gone in _looks.Keys.Except(candidates).ToList())
            _looks.Remove(gone);
        long published = publication.Published.Value;
        // When space is short, a single truncation may free enough, so all estimates from before it are renewed.
        long turn = candidates.Count > 0 ? (published - candidates[0].FirstLsn.Value) / LooksPerTurn : 0;
        long outdated = size.IsTight || _wantedDeadShare is not null ? published : published - turn;
        Live.Forget();
        var estimate = new SegmentEstimate(Live, manifest.StoreSeed);
        Lsn dropped = publication.Dropped;
        int looked = 0;
        foreach (Segment segment in candidates)
        {
            if (_damaged.Contains(segment))
            {
                _looks[segment] = new Look(1, published);
                continue;
            }

            if (_looks.TryGetValue(segment, out Look known) && known.At >= Math.Min(outdated, dropped.Value))
                continue;
            if (segment.FirstLsn > dropped && segment.LengthBytes >= options.SegmentBytes / 2)
            {
                _looks[segment] = new Look(1, published);
                continue;
            }

            if (looked++ == LooksPerStep || _stopping)
                return true;
            _looks[segment] = new Look(estimate.ShareOf(segment, unchecked((int)(segment.First + published))), published);
        }

        return false;
    }

    private bool PaceOrStop(long bytes)
    {
        Counters.CountCopied(bytes);
        if (!size.IsTight)
            Pace(bytes);
        return !_stopping;
    }

    /// <summary>Replaces segments by the cold segment.</summary>
    private bool Publish(ColdSegmentHeader header)
    {
        _written = null;
        List<Segment> run = [.. segments.All.Where(s => s.First >= header.First && s.Last <= header.Last)];
        RequireHeads(header);
        saver.DropBefore(header.Last);
        var cold = new ColdSegment(storage, header, manifest.StoreSeed);
        run.Find(s => s.Path == cold.Path)?.Pin();
        storage.Rename(SegmentFiles.ColdTemporary, cold.Path);
        segments.Replace(cold);
        _looks[cold] = new Look(1, publication.Published.Value);
        _unwanted.AddRange(run.Select(s => s.Path).Where(p => p != cold.Path));
        Counters.CountCompaction(run.Count, run.Sum(s => s.LengthBytes), header.FileBytes);
        SyncNames();
        DeleteUnwanted();
        return true;
    }

    private void SyncNames()
    {
        try
        {
            storage.SyncDirectory(SegmentFiles.SegmentDirectory);
        }
        catch (IOException e) when (!StorageErrors.IsShortage(e))
        {
            // After a failed sync the name may never become durable, even if a later sync succeeds. So nothing is deleted any more.
            _broken = true;
            throw;
        }
    }

    private void DeleteUnwanted()
    {
        while (_unwanted.Count > 0)
        {
            storage.Delete(_unwanted[^1]);
            _unwanted.RemoveAt(_unwanted.Count - 1);
        }

        SyncNames();
    }

    /// <summary>
    /// Checks the copy against the index. For each stream whose last frame the index has in these segments, the copy on disk must
    /// have that frame, or later appends must have made it dead.
    /// </summary>
    private void RequireHeads(in ColdSegmentHeader header)
    {
        using var copy = new ColdSegment(storage, header, manifest.StoreSeed, SegmentFiles.ColdTemporary);
        using var alone = new SegmentSet();
        alone.Add(copy);
        var reader = new FrameReader(alone, manifest.StoreSeed);
        var original = new FrameReader(segments, manifest.StoreSeed);
        streams.WriteBackAll();
        Live.Forget();
        foreach (FrameLocation head in index.HeadsBetween(header.First, header.Last))
        {
            if (reader.TryRead(head, out _) is not null)
                continue;
            ReadOnlyMemory<byte> bytes = original.Read(head, out FrameHeader frame);
            if (Live.IsLive(frame, head, bytes))
                throw new LogCorruptException($"The index has the last frame of a stream at {head}, and compaction found it dead; nothing was deleted.", SegmentFiles.SegmentPath(head.Segment), head.OffsetBytes, frame.Lsn);
        }
    }

    private readonly record struct Look(double LiveShare, long At);
}
