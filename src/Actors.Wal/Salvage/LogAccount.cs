namespace Actors.Wal.Salvage;

/// <summary>
/// Decides which frames of all files are part of the log, by their LSNs. These have no gaps, except where compaction dropped records.
/// <list type="bullet">
/// <item>A batch is part of the log if everything before it was durable, or if it follows from a batch that is part of the log.</item>
/// <item>A single frame is part of the log if it was durable itself.</item>
/// <item>If two segments have records with the same LSNs, those of the later segment count.</item>
/// <item>A missing LSN up to the last durable one is a lost record.</item>
/// </list>
/// So a torn write that was never acknowledged does not come back, as in an opening.
/// </summary>
internal sealed class LogAccount
{
    private readonly IReadOnlyList<ScannedFile> _files;
    private readonly SourceStore _source;
    private readonly Lsn _durable;
    private readonly CoveredLsns _covered = new();
    private readonly List<FoundFrame> _frames = [];
    private readonly List<DamagedArea> _damage = [];
    private Lsn _lastTaken;
    private long _tornBytes;

    private LogAccount(SourceStore source, IReadOnlyList<ScannedFile> files)
    {
        _files = files;
        _source = source;
        _durable = files.Select(f => f.Durable).DefaultIfEmpty().Max();
    }

    /// <summary>The frames that are part of the log, in its order and each once.</summary>
    public IReadOnlyList<FoundFrame> Frames => _frames;

    public IReadOnlyList<DamagedArea> Damage => _damage;

    public LostRecords Lost { get; private set; } = new([], []);

    public long TornBytes => _tornBytes;

    public string? EndUnknown { get; private set; }

    public static LogAccount Of(SourceStore source, IReadOnlyList<ScannedFile> files)
    {
        var account = new LogAccount(source, files);
        account.Take();
        return account;
    }

    private void Take()
    {
        if (_source.ManifestDamage is { } manifest)
            _damage.Add(manifest);
        ScannedFile? last = _files.LastOrDefault(f => f.Floor is not null);
        foreach (ScannedFile file in _files)
        {
            long end = Take(file);
            Judge(file, end, isLast: last is null || file.Name.First >= last.Name.First);
        }

        SortFrames();
        var within = new ColdSpans(_files);
        within.AddTo(_covered);
        Lost = new LostRecords([.. _covered.Missing(_lastTaken > _durable ? _lastTaken : _durable).Select(within.Lost)], within.Ranges);
        EndUnknown = WhyEndIsUnknown(last);
    }

    /// <summary>Takes the pieces of a file that are part of the log. Returns where the last one ends.</summary>
    private long Take(ScannedFile file)
    {
        Lsn? ceiling = _files.Where(f => f.Name.First > file.Name.Last).Min(f => f.Floor);
        bool previous = true;
        int next = 0;
        long end = 0;
        foreach (FoundPiece piece in file.Pieces)
        {
            bool isDurable = piece.IsWhole ? piece.First <= _durable.Next : piece.Last <= _durable;
            previous = (isDurable || (piece.IsWhole && piece.Follows && previous)) && (ceiling is null || piece.Last < ceiling);
            if (previous)
            {
                _frames.AddRange(file.Frames.GetRange(next, piece.Frames));
                end = piece.EndBytes;
                if (piece.Frames > 0 && piece.Last > _lastTaken)
                    _lastTaken = piece.Last;
                if (!file.Name.IsCold)
                    _covered.Add(piece.First, piece.Last);
            }

            next += piece.Frames;
        }

        return end;
    }

    /// <summary>Separates damage from a torn write. A torn write is possible only at the end of a log that lacks no durable record.</summary>
    private void Judge(ScannedFile file, long end, bool isLast)
    {
        bool mayBeTorn = isLast && !file.Name.IsCold && file.Shortened is null && _durable <= _lastTaken;
        foreach (DamagedArea area in file.Damage)
        {
            if (mayBeTorn && area.OffsetBytes >= end)
                _tornBytes += area.Bytes;
            else
                _damage.Add(area);
        }
    }

    private void SortFrames()
    {
        _frames.Sort(static (a, b) => a.Lsn != b.Lsn ? a.Lsn.CompareTo(b.Lsn) : a.File.CompareTo(b.File));
        int kept = 0;
        for (int i = 0; i < _frames.Count; i++)
        {
            // The same record may be in a cold segment and in a file that this segment replaces.
            if (i == 0 || _frames[i].Lsn != _frames[i - 1].Lsn)
                _frames[kept++] = _frames[i];
        }

        _frames.RemoveRange(kept, _frames.Count - kept);
    }

    private string? WhyEndIsUnknown(ScannedFile? last)
    {
        uint number = last?.Name.Last ?? 0;
        uint started = Math.Max(_source.Started, last is null ? 0 : last.HasSuccessor || last.Name.IsCold ? number + 1 : number);
        if (started > number)
            return $"Segment {started} was started, and is missing or has nothing in it that validates.";
        if (last?.Shortened is { } shortened)
            return shortened;
        return last?.PreparedBytes is { } prepared && _tornBytes > prepared / 2
            ? $"{_tornBytes} bytes do not validate at the end of segment {number}: more than one write that was torn."
            : null;
    }
}
