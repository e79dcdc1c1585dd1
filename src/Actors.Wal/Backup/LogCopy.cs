using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Recovery;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Backup;

/// <summary>
/// Writes a store that is the beginning of another one: the whole segments before the cut, the part of the last segment before the
/// cut with a footer behind it, and the manifest last. Everything is durable when the call returns.
/// </summary>
internal sealed class LogCopy(IStorage target, Manifest manifest, Func<LogPiece, bool> tryLink, CancellationToken cancellationToken)
{
    public int Segments { get; private set; }

    /// <summary>Segments that share their bytes with an existing file.</summary>
    public int Linked { get; private set; }

    public long CopiedBytes { get; private set; }

    /// <summary>Called with the segments done so far.</summary>
    public Action<int> Progress { get; init; } = static _ => { };

    /// <summary>Copies the segments, an index snapshot and the manifest.</summary>
    /// <param name="whole">Segments that are copied or linked unchanged.</param>
    /// <param name="last">The segment in which the copy ends.</param>
    /// <param name="cut">The end of the copy in that segment.</param>
    /// <param name="snapshots">The storage that has the index snapshots.</param>
    public void Write(IEnumerable<LogPiece> whole, LogPiece last, LogCut cut, IStorage snapshots)
    {
        foreach (string directory in new[] { "", SegmentFiles.SegmentDirectory, SegmentFiles.IndexDirectory, SegmentFiles.ArchiveDirectory })
            target.CreateDirectory(directory);
        foreach (LogPiece piece in whole)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (tryLink(piece))
            {
                Linked++;
            }
            else
            {
                Copy(piece.Storage, piece.Name.Path, long.MaxValue);
                Verify(piece with { Storage = target });
            }

            Progress(++Segments);
        }

        CopyPart(last, cut);
        Progress(++Segments);
        CopySnapshot(snapshots, last.Name.First);
        target.SyncDirectory(SegmentFiles.SegmentDirectory);
        target.SyncDirectory(SegmentFiles.IndexDirectory);
        StoreDirectory.Replace(target, manifest with { OpenSegment = Math.Min(manifest.OpenSegment, last.Name.First) });
    }

    private void CopyPart(LogPiece piece, LogCut cut)
    {
        Copy(piece.Storage, piece.Name.Path, cut.End.LengthBytes);
        using IStorageFile file = target.Open(piece.Name.Path, StorageAccess.ReadWrite);
        long offset = Layout.AlignSector(cut.End.LengthBytes);
        Span<byte> sector = stackalloc byte[Layout.SectorBytes];
        new SegmentFooter(false, cut.End.LengthBytes, cut.End.LastLsn, cut.End.LastBatch, cut.End.Checksum, cut.Frames, cut.TimeMicros)
            .Write(sector, manifest.StoreSeed, new FrameLocation(piece.Name.First, offset));
        file.Write(sector, offset);
        file.SyncData();
    }

    /// <summary>Reads a copied segment back, so that damage is found while the source may still exist.</summary>
    private void Verify(LogPiece piece)
    {
        if (piece.Name.IsCold)
        {
            using ColdSegment cold = ColdSegment.Open(target, piece.Name, manifest);
            var frames = new ColdScanner(cold, manifest.StoreSeed);
            while (frames.MoveNext())
            {
            }
        }
        else if (LogCut.Find(piece, manifest, static _ => true).End is var end && end != piece.End)
        {
            throw new LogCorruptException($"Batch {end.LastBatch + 1} does not validate.", piece.Name.Path, Layout.AlignSector(end.LengthBytes), end.LastLsn);
        }
    }

    /// <summary>Copies the newest valid index snapshot that ends before the last segment. Without one the copy takes longer to open.</summary>
    private void CopySnapshot(IStorage from, uint before)
    {
        foreach (uint number in SegmentFiles.Snapshots(from).Where(n => n < before).OrderDescending())
        {
            using IStorageFile? file = SegmentFiles.TryOpenSnapshot(from, number);
            if (file is null || SnapshotReader.Of(file, number, manifest) is null)
                continue;
            Copy(from, SegmentFiles.SnapshotPath(number), long.MaxValue);
            return;
        }
    }

    private void Copy(IStorage from, string path, long bytes)
        => CopiedBytes += FileCopy.Copy(from, path, 0, bytes, target, path, cancellationToken);
}
