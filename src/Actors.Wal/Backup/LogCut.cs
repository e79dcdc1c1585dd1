using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Recovery;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Backup;

/// <summary>The end of a log within a segment, at the boundary of a batch.</summary>
/// <param name="End">The end, as the header of a next segment would state it.</param>
/// <param name="Frames">The number of frames in the segment before the end.</param>
/// <param name="TimeMicros">The time of the last batch; without a batch, the time of the segment's header.</param>
internal sealed record LogCut(Predecessor End, long Frames, long TimeMicros)
{
    /// <summary>Finds the end of a log in a segment: the end of the last batch that is kept.</summary>
    /// <param name="piece">A segment of batches.</param>
    /// <param name="manifest">The store's manifest.</param>
    /// <param name="keeps">Whether a batch is kept. The first batch that is not kept ends the log.</param>
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

    /// <summary>Returns the last batch of a log's last segment that a later batch or the footer proves durable.</summary>
    /// <param name="piece">The segment.</param>
    /// <param name="manifest">The store's manifest.</param>
    /// <param name="isLast">Whether the segment must be the last one of the log.</param>
    /// <exception cref="LogCorruptException">A batch or a segment is missing that was durable.</exception>
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
