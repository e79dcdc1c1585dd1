using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Recovery;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Backup;

/// <summary>The end of a log within a segment, at the boundary of a batch.</summary>
/// <param name="End">What a successor's header would say.</param>
/// <param name="Frames">Frames of the segment up to there.</param>
/// <param name="TimeMicros">The time of the last batch; of the segment's header without one.</param>
internal sealed record LogCut(Predecessor End, long Frames, long TimeMicros)
{
    /// <summary>Finds where a log is to end in a segment.</summary>
    /// <param name="piece">A segment of batches.</param>
    /// <param name="manifest">The store's manifest.</param>
    /// <param name="keeps">Whether a batch belongs to what is kept; the first that does not ends the log.</param>
    /// <exception cref="LogCorruptException">The segment's header does not validate.</exception>
    public static LogCut Find(LogPiece piece, Manifest manifest, Func<BatchHeader, bool> keeps)
    {
        using IStorageFile file = piece.Storage.Open(piece.Name.Path, StorageAccess.Read);
        LogCut cut = Start(file, piece, manifest);
        var scanner = new BatchScanner(file, piece.Name.First, manifest.StoreSeed, piece.End?.LengthBytes ?? file.LengthBytes);
        while (scanner.Next() is { } batch && batch.Follows(cut.End) && keeps(batch.Header))
            cut = new LogCut(batch.EndAfter(cut.End), cut.Frames + batch.Header.FrameCount, batch.Header.TimeMicros);
        return cut;
    }

    /// <summary>The last batch that is known to be durable in a log's last segment: what a later batch or the footer says.</summary>
    /// <param name="piece">The segment.</param>
    /// <param name="manifest">The store's manifest.</param>
    /// <param name="isLast">Whether no other may follow it in the log.</param>
    /// <exception cref="LogCorruptException">What is missing was durable.</exception>
    public static ulong DurableBatch(LogPiece piece, Manifest manifest, bool isLast)
    {
        using IStorageFile file = piece.Storage.Open(piece.Name.Path, StorageAccess.Read);
        LogCut cut = Start(file, piece, manifest);
        Predecessor end = cut.End;
        ulong durable = end.LastBatch;
        var scanner = new BatchScanner(file, piece.Name.First, manifest.StoreSeed, file.LengthBytes);
        while (scanner.Next() is { } batch && batch.Follows(end))
        {
            durable = Math.Max(durable, batch.Header.DurableBatch);
            end = batch.EndAfter(end);
        }

        long offset = Layout.AlignSector(end.LengthBytes);
        Tail tail = TailClassifier.Classify(file, piece.Name.First, manifest.StoreSeed, offset, end.LastBatch);
        if (tail.Kind == TailKind.Damaged)
            throw new LogCorruptException($"Batch {end.LastBatch + 1} does not validate, and what is written at offset {tail.ProofOffsetBytes} proves that it was durable.", piece.Name.Path, offset, end.LastLsn);
        if (isLast && tail.Footer is { HasSuccessor: true })
            throw new LogCorruptException($"Segment {piece.Name.First + 1} is missing.", SegmentFiles.SegmentPath(piece.Name.First + 1), 0, end.LastLsn);
        return tail.Kind == TailKind.Footer ? end.LastBatch : durable;
    }

    private static LogCut Start(IStorageFile file, LogPiece piece, Manifest manifest)
    {
        if (SegmentHeader.Read(file, piece.Name.First, manifest, out ulong checksum) is not { } header)
            throw new LogCorruptException("The segment's header does not validate.", piece.Name.Path, 0);
        return new LogCut(
            new Predecessor(piece.Name.First, Layout.FirstBatchOffsetBytes, header.Predecessor?.LastLsn ?? Lsn.Zero, header.Predecessor?.LastBatch ?? 0, checksum),
            0,
            header.CreatedMicros);
    }
}
