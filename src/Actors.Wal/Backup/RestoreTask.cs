using Actors.Wal.Format;
using Actors.Wal.Recovery;
using Actors.Wal.Storage;

namespace Actors.Wal.Backup;

/// <summary>Makes a store from a backup and an archive of segments, as of a point that both together can still restore.</summary>
internal sealed class RestoreTask(IStorage backup, IStorage? archive, IStorage target, Lsn? toLsn, DateTimeOffset? toTime)
{
    private readonly long? _toMicros = toTime is { } time ? UnixMicros.Of(time) : null;

    public Action<int, int> Progress { get; init; } = static (_, _) => { };

    public BackupReport Run(CancellationToken cancellationToken)
    {
        Manifest manifest = StoreDirectory.Read(backup);
        List<LogPiece> pieces = LogOutline.Read(backup, manifest);
        if (archive is not null)
            pieces = WithArchive(pieces, LogOutline.Read(archive, manifest, isWhole: false));
        int last = pieces.FindLastIndex(IsNeeded);
        // A log must end in a segment of batches. Instead of in a cold segment, it ends right behind the header of the next one.
        if (pieces[last].Name.IsCold && last + 1 < pieces.Count)
            last++;
        LogCut cut = CutIn(pieces[last], manifest);
        if (toLsn is { } asked && last == pieces.Count - 1 && LastIn(pieces[last], manifest) is var end && asked > end)
            throw new ArgumentException($"The backup{(archive is null ? "" : ", with the archive,")} ends at LSN {end}, before LSN {asked}. Restore all of it, or name an archive that goes further.");
        if (cut.End.LastLsn > (toLsn ?? cut.End.LastLsn))
            throw NotTold(pieces[last - 1]);
        if (cut.End == pieces[last].End && last + 1 < pieces.Count && pieces[last + 1].Name.IsCold)
            throw NotTold(pieces[last + 1]);
        if (cut.End.LastLsn == Lsn.Zero && (toLsn is not null || toTime is not null))
            throw new ArgumentException($"There is nothing to restore at {(toLsn is { } lsn ? $"LSN {lsn}" : $"{toTime:O}")}: the store's first batch is of {UnixMicros.ToTime(pieces[0].BeginMicros):O}, and is restored as a whole or not at all.");
        RequireTold(pieces.Take(last), cut.End.LastLsn);
        var copy = new LogCopy(target, manifest, static _ => false, cancellationToken) { Progress = done => Progress(done, last + 1) };
        copy.Write(pieces.Take(last), pieces[last], cut, backup);
        CopyCheck.Run(target);
        return new BackupReport(cut.End.LastLsn, UnixMicros.ToTime(cut.TimeMicros), copy.Segments, copy.Linked, copy.CopiedBytes);
    }

    /// <summary>Replaces cold segments that can't restore the point by the archived segments that they were made from.</summary>
    private List<LogPiece> WithArchive(List<LogPiece> pieces, List<LogPiece> archived)
    {
        var byNumber = archived.Where(p => !p.Name.IsCold).ToDictionary(p => p.Name.First);
        var all = new List<LogPiece>();
        foreach (LogPiece piece in pieces)
        {
            IEnumerable<uint> numbers = Enumerable.Range(0, (int)(piece.Name.Last - piece.Name.First + 1)).Select(i => piece.Name.First + (uint)i);
            if (piece.Name.IsCold && !IsTold(piece) && numbers.All(byNumber.ContainsKey))
                all.AddRange(numbers.Select(n => byNumber[n]));
            else
                all.Add(piece);
        }

        // Append the segments that were sealed after the backup was made.
        while (byNumber.TryGetValue(all[^1].Name.Last + 1, out LogPiece? next))
        {
            if (byNumber.TryGetValue(all[^1].Name.Last, out LogPiece? sealedSince))
                all[^1] = sealedSince;
            all.Add(next);
        }

        for (int i = 0; i + 1 < all.Count; i++)
            all[i] = all[i] with { End = all[i + 1].Before };
        return all;
    }

    private bool IsTold(LogPiece piece)
        => toLsn is null && _toMicros is null || (toLsn is { } lsn && piece.AsOf <= lsn);

    /// <summary>Whether a segment begins before the point. The last such segment contains the point.</summary>
    private bool IsNeeded(LogPiece piece)
        => piece.Before is not { } before
            || ((toLsn is not { } lsn || before.LastLsn < lsn) && (_toMicros is not { } micros || piece.BeginMicros <= micros));

    private LogCut CutIn(LogPiece piece, Manifest manifest)
    {
        if (piece.Name.IsCold)
            throw NotTold(piece);
        ulong durable = piece.End is null ? LogCut.DurableBatch(piece, manifest, isLast: piece.Storage != archive) : ulong.MaxValue;
        return LogCut.Find(piece, manifest, b => b.Number <= durable && (toLsn is not { } lsn || b.LastLsn <= lsn) && (_toMicros is not { } micros || b.TimeMicros <= micros));
    }

    /// <summary>Returns the last durable record of the last segment.</summary>
    private Lsn LastIn(LogPiece piece, Manifest manifest)
    {
        ulong durable = LogCut.DurableBatch(piece, manifest, isLast: piece.Storage != archive);
        return LogCut.Find(piece, manifest, b => b.Number <= durable).End.LastLsn;
    }

    private static void RequireTold(IEnumerable<LogPiece> pieces, Lsn end)
    {
        if (pieces.FirstOrDefault(p => p.AsOf > end) is { } cold)
            throw NotTold(cold);
    }

    private static ArgumentException NotTold(LogPiece cold)
        => new($"Compaction has dropped what was replaced up to LSN {cold.AsOf} in the segments {cold.Name.First} to {cold.Name.Last}; an earlier point can't be told from this backup. Restore to LSN {cold.AsOf} or later, name an archive that has these segments, or take an older backup.");
}
