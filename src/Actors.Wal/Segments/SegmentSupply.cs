using Actors.Wal.Storage;


namespace Actors.Wal.Segments;

/// <summary>
/// Prepares segments ahead of the commit path, and writes the footers of the segments that it has left. A separate thread calls
/// <see cref="Step"/> for that.
/// </summary>
internal sealed class SegmentSupply(IStorage storage, long segmentBytes, uint firstNumber, StoreSize size)
{
    private const int ReadySegments = 2;

    private readonly object _gate = new();
    private readonly Lock _footers = new();
    private readonly Queue<SealedSegment> _sealed = new();
    private readonly Queue<PreparedSegment> _ready = new();
    private uint _nextNumber = firstNumber;
    private StoreFullException? _full;
    private bool _closed;

    /// <summary>Whether the next segment is filled with zeros. If not, its space is only reserved.</summary>
    public Func<bool> Fills { get; set; } = static () => true;

    /// <summary>Raised when <see cref="Step"/> has something to do.</summary>
    public Action Wake { get; set; } = static () => { };

    /// <summary>Raised by <see cref="Step"/> when a segment became ready, or when there is no space for one.</summary>
    public Action Changed { get; set; } = static () => { };

    /// <summary>Raised by <see cref="Step"/> when it has written the footer of a segment.</summary>
    public Action<uint> Sealed { get; set; } = static _ => { };

    /// <summary>Why no segment can be prepared, while the disk or the quota is full; null otherwise.</summary>
    public StoreFullException? Full => Volatile.Read(ref _full);

    /// <summary>Whether the segment that is being written takes space that compaction needs under the quota.</summary>
    public bool IsOver => size.IsOver;

    /// <summary>Whether a segment is ready.</summary>
    public bool HasReady
    {
        get
        {
            lock (_gate)
                return _ready.Count > 0;
        }
    }

    public PreparedSegment? TryTake()
    {
        PreparedSegment? taken;
        lock (_gate)
        {
            _ready.TryDequeue(out taken);
            size.ReadySegments = _ready.Count;
        }

        if (taken is not null)
            Wake();
        return taken;
    }

    public void Finish(SealedSegment segment)
    {
        lock (_gate)
            _sealed.Enqueue(segment);
        Wake();
    }

    /// <summary>Writes outstanding footers and prepares segments. Errors other than a full disk are thrown and final.</summary>
    /// <returns>Whether the disk is full and the step should be repeated later.</returns>
    public bool Step()
    {
        while (true)
        {
            // Footers come first: while appends take each segment as soon as it is ready, this loop does not end.
            WriteFooters();
            if (!NeedsMore)
                return false;
            if (!Prepare(size.Refusal))
                return true;
        }
    }

    /// <summary>Writes the outstanding footers. When another thread is writing one, it waits for it. Errors are thrown and final.</summary>
    public void WriteFooters()
    {
        lock (_footers)
        {
            while (Next() is { } left)
            {
                left.Finish();
                Sealed(left.Number);
            }
        }
    }

    /// <summary>
    /// Prepares one segment for a store that is opening; the rest can wait until it is open. The quota does not prevent this,
    /// because space can be reclaimed only in an open store.
    /// </summary>
    public void PrepareOne()
    {
        if (Prepare(null) && size.Refusal is { } refusal)
            Refuse(refusal);
    }

    /// <summary>Writes outstanding footers and removes prepared segments that were not used.</summary>
    /// <param name="unused">A segment that was taken but not written to, or null.</param>
    public void Close(PreparedSegment? unused)
    {
        lock (_gate)
            _closed = true;
        while (Next() is { } left)
            left.Finish();
        DropReady(unused);
    }

    /// <summary>Closes files without writing, after a failure.</summary>
    /// <param name="taken">A segment that was taken but not written to, or null.</param>
    public void Abandon(PreparedSegment? taken)
    {
        lock (_gate)
            _closed = true;
        taken?.File.Dispose();
        while (Next() is { } left)
            left.File.Dispose();
        foreach (PreparedSegment unused in _ready)
            unused.File.Dispose();
    }

    private bool NeedsMore
    {
        get
        {
            lock (_gate)
                return !_closed && _ready.Count < ReadySegments;
        }
    }

    private SealedSegment? Next()
    {
        lock (_gate)
            return _sealed.TryDequeue(out SealedSegment? left) ? left : null;
    }

    /// <summary>Prepares a segment. Returns whether there was space for it.</summary>
    private bool Prepare(StoreFullException? refusal)
    {
        if (refusal is not null)
            return Refuse(refusal);
        try
        {
            PreparedSegment segment = SegmentPreparer.Prepare(storage, _nextNumber, segmentBytes, Fills(), again: Full is not null);
            lock (_gate)
            {
                _ready.Enqueue(segment);
                _nextNumber++;
                size.ReadySegments = _ready.Count;
            }

            Volatile.Write(ref _full, null);
            Changed();
            return true;
        }
        catch (StoreFullException e)
        {
            return Refuse(e);
        }
    }

    private bool Refuse(StoreFullException reason)
    {
        Volatile.Write(ref _full, reason);
        Changed();
        return false;
    }

    private void DropReady(PreparedSegment? taken)
    {
        List<PreparedSegment> unused = taken is null ? [.. _ready] : [taken, .. _ready];
        foreach (PreparedSegment segment in unused)
            segment.File.Dispose();
        SegmentFiles.DeleteLast(storage, unused.Select(s => s.Number));
        _ready.Clear();
    }
}
