using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Backup;

/// <summary>A segment file as its header describes it.</summary>
/// <param name="Storage">The storage that has the file.</param>
/// <param name="Name">The file's name.</param>
/// <param name="Before">The end of the log before this segment; null for the first segment.</param>
/// <param name="End">The end of the log after this segment, from the next segment's header or its own; null for the last one.</param>
/// <param name="BeginMicros">The time at which the segment was created; for a cold segment, the time of its last batch.</param>
/// <param name="AsOf">For a cold segment: the earliest LSN as of which the log can still be restored from it.</param>
internal sealed record LogPiece(IStorage Storage, SegmentName Name, Predecessor? Before, Predecessor? End, long BeginMicros, Lsn? AsOf);

/// <summary>Lists the segments of a log from their headers alone.</summary>
internal static class LogOutline
{
    /// <summary>Reads the headers of a log.</summary>
    /// <param name="storage">The store's files, or an archive's.</param>
    /// <param name="manifest">The store's manifest.</param>
    /// <param name="isWhole">Whether the log must begin with segment 1 and have no gap. An archive need not.</param>
    /// <exception cref="LogCorruptException">A header does not validate, or a segment is missing.</exception>
    public static List<LogPiece> Read(IStorage storage, Manifest manifest, bool isWhole = true)
    {
        var pieces = new List<LogPiece>();
        SegmentName? withoutHeader = null;
        foreach (SegmentName name in SegmentFiles.Segments(storage))
        {
            uint last = pieces.Count > 0 ? pieces[^1].Name.Last : 0;
            if (name.Last <= last)
                continue; // a cold segment replaces it
            if (ReadHeader(storage, name, manifest) is not { } piece)
            {
                if (name.IsCold || (isWhole && manifest.OpenSegment >= name.First))
                    throw NoHeader(name);
                withoutHeader ??= name; // a prepared segment, if no segment with a header follows
                continue;
            }

            if (withoutHeader is { } damaged)
                throw NoHeader(damaged);

            if (isWhole && name.First != last + 1)
                throw new LogCorruptException($"Segment {last + 1} is missing.", SegmentFiles.SegmentPath(last + 1), 0);
            if (pieces.Count > 0 && pieces[^1] is { End: null } before && name.First == last + 1)
                pieces[^1] = before with { End = piece.Before };
            pieces.Add(piece);
        }

        return pieces;
    }

    private static LogCorruptException NoHeader(SegmentName name) => new("The segment's header does not validate.", name.Path, 0);

    private static LogPiece? ReadHeader(IStorage storage, SegmentName name, Manifest manifest)
    {
        if (name.IsCold)
        {
            using ColdSegment cold = ColdSegment.Open(storage, name, manifest);
            ColdSegmentHeader header = cold.Header;
            return new LogPiece(storage, name, header.Predecessor, header.End, header.LastTimeMicros, header.AsOf);
        }

        using IStorageFile file = storage.Open(name.Path, StorageAccess.Read);
        return SegmentHeader.Read(file, name.First, manifest, out _) is { } found
            ? new LogPiece(storage, name, found.Predecessor, null, found.CreatedMicros, null)
            : null;
    }
}
