using Actors.Wal.Cold;
using Actors.Wal.Commit;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Storage;
using Actors.Wal.Streams;

namespace Actors.Wal.Compaction;

/// <summary>
/// Wins back the room of frames that nobody can read any more: write, flush, publish, delete. Frames keep their locations,
/// so nothing that points to them changes. Only segments are touched that the newest snapshot of the index has taken in.
/// What a frame died of is durable, and streams and index agree on it, before the frame is gone.
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
    // A segment is looked at again so often while the log is written anew.
    private const int LooksPerTurn = 16;

    // So many are looked at in one step.
    private const int LooksPerStep = 16;

    // What is left when all is won back that is worth it.
    private const double LeastDeadShare = 0.05;

    private readonly Dictionary<Segment, Look> _looks = [];
    // Segments that don't validate: left as they are until the store is opened again.
    private readonly HashSet<Segment> _damaged = [];
    // Files that a cold segment stands for: deleted once its name is durable.
    private readonly List<string> _unwanted = [];
    private ColdSegmentHeader? _written;
    private bool _broken;
    private volatile bool _stopping;
    private Lsn _failedAt;
    private double? _wantedDeadShare;
    private bool _wantsCompressed;

    /// <summary>Asks for a flush of all that was acknowledged.</summary>
    public Action RequestFlush { get; set; } = static () => { };

    /// <summary>Called with the bytes that were read and written since the last call; may wait.</summary>
    public Action<long> Pace { get; set; } = static _ => { };

    /// <summary>Whether nothing is under way.</summary>
    public bool IsIdle => _written is null;

    public CompactionCounters Counters { get; } = new();

    private LiveFrames Live => field ??= new LiveFrames(streams, segments, manifest.StoreSeed) { Damaged = NoteDamage };

    private void NoteDamage(LogCorruptException damage)
    {
        if (segments.Damage.Note(damage))
            Counters.CountFailure(damage);
    }

    /// <summary>Ends what is being done, and does nothing more.</summary>
    public void Stop() => _stopping = true;

    /// <summary>From now on at most this share of the log may be dead; null for what the options say.</summary>
    /// <param name="maxDeadShare">The share.</param>
    /// <param name="compress">Whether all segments are compressed, however young.</param>
    public void Want(double? maxDeadShare, bool compress = false)
    {
        _wantedDeadShare = maxDeadShare;
        _wantsCompressed = compress;
        _failedAt = Lsn.Zero;
    }

    /// <summary>Does one piece of work.</summary>
    /// <returns>Whether there may be more to do at once; false when there is nothing, or a flush to wait for.</returns>
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
            // The log is as it was. That segment is left alone, and others are compacted.
            segments.Damage.Note(e);
            Counters.CountFailure(e);
            _written = null;
            return true;
        }
        catch (Exception e)
        {
            // The log is as it was. What was written so far is deleted by the next attempt, when the log has gone on a while.
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

    /// <summary>Chooses segments, and copies what is live in them.</summary>
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

    /// <summary>Whether all of a segment is old enough: by the time at which the next one was begun.</summary>
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

    // In records: about what a segment takes.
    private long RetryAfter => options.SegmentBytes / 256;

    /// <summary>Estimates how much is live, where that was not done lately.</summary>
    /// <returns>Whether there is more to look at.</returns>
    private bool Estimate(List<Segment> candidates)
    {
        foreach (Segment gone in _looks.Keys.Except(candidates).ToList())
            _looks.Remove(gone);
        long published = publication.Published.Value;
        // Where room is short, a single truncation may be what was waited for.
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

    /// <summary>Puts the cold segment in the place of those that it stands for.</summary>
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
            // A name that could not be made durable once can't be trusted to become it later: nothing is deleted any more.
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
    /// The second opinion: of all streams whose last frame the index has in these segments, the copy, read back from the
    /// disk, has that frame; or the stream has gone on since and does not need it.
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
