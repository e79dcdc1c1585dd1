namespace Actors.Wal.Salvage;

/// <summary>
/// The LSNs of a log's cold segments. There, LSNs without a record are normal as long as no block is missing between the records
/// before and behind them.
/// </summary>
internal sealed class ColdSpans
{
    private readonly List<Span> _spans = [];

    public ColdSpans(IReadOnlyList<ScannedFile> files)
    {
        // Segments that a cold segment replaces say nothing about its neighbours.
        List<ScannedFile> log = [];
        foreach (ScannedFile file in files)
        {
            if (log.Count == 0 || file.Name.First > log[^1].Name.Last)
                log.Add(file);
        }

        for (int i = 0; i < log.Count; i++)
        {
            if (log[i].Name.IsCold)
                _spans.Add(SpanOf(log[i], i > 0 ? log[i - 1] : null, i + 1 < log.Count ? log[i + 1] : null));
        }
    }

    /// <summary>The largest range of LSNs that each cold segment may have.</summary>
    public IReadOnlyList<(Lsn Low, Lsn High)> Ranges => [.. _spans.Select(s => (s.Low, s.High))];

    public void AddTo(CoveredLsns covered)
    {
        foreach (Span span in _spans)
        {
            foreach ((Lsn first, Lsn last) in span.Covered)
                covered.Add(first, last);
        }
    }

    /// <summary>Returns the records that were lost with a range of missing LSNs.</summary>
    public LostRange Lost((Lsn First, Lsn Last) missing)
    {
        long numbers = missing.Last.Value - missing.First.Value + 1;
        if (_spans.Find(s => s.Low <= missing.Last && s.High >= missing.First) is not { } span)
            return new LostRange(missing.First, missing.Last, numbers, isExact: true);
        bool isWithin = span.Low <= missing.First && span.High >= missing.Last;
        if (!isWithin || span.MissingFrames is not { } frames)
            return new LostRange(missing.First, missing.Last, numbers, isExact: false);
        // If there is a single break, all frames that are missing are in it.
        return new LostRange(missing.First, missing.Last, Math.Min(numbers, frames), isExact: span.Breaks == 1);
    }

    private static Span SpanOf(ScannedFile file, ScannedFile? before, ScannedFile? behind)
    {
        Lsn? begin = file.Begin
            ?? (file.Name.First == 1 ? new Lsn(1) : before?.Name.Last + 1 == file.Name.First ? before!.End?.Next : null);
        Lsn? end = file.End
            ?? (behind?.Name.First == file.Name.Last + 1 && behind.Begin is { } next ? new Lsn(next.Value - 1) : null);
        List<(Lsn First, Lsn Last)> covered = [];
        int breaks = 0;
        foreach (FoundPiece piece in file.Pieces)
        {
            if (!piece.Follows)
                breaks++;
            if (!piece.Follows || covered.Count == 0)
                covered.Add((piece.Follows ? begin ?? piece.First : piece.First, piece.Last));
            else
                covered[^1] = (covered[^1].First, piece.Last);
        }

        if (!file.EndsWell)
            breaks++;
        else if (end is { } last && covered.Count > 0)
            covered[^1] = (covered[^1].First, last);
        else if (begin is { } first && end is { } only)
            covered.Add((first, only));
        return new Span(begin ?? before?.Floor ?? new Lsn(1), end ?? behind?.Floor ?? new Lsn(long.MaxValue), covered, breaks, file.MissingFrames);
    }

    private sealed record Span(Lsn Low, Lsn High, List<(Lsn First, Lsn Last)> Covered, int Breaks, long? MissingFrames);
}
