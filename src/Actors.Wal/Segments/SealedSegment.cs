using Actors.Wal.Format;
using Actors.Wal.Storage;

namespace Actors.Wal.Segments;

/// <summary>A segment that gets no more batches and waits for its footer.</summary>
internal sealed record SealedSegment(IStorageFile File, uint Number, ulong StoreSeed, SegmentFooter Footer)
{
    /// <summary>
    /// Writes the footer, then truncates the unused space and closes the file. The footer is made durable first, so a
    /// short segment without a footer was cut by something other than the store.
    /// </summary>
    public void Finish()
    {
        using IStorageFile file = File;
        Span<byte> sector = stackalloc byte[Layout.SectorBytes];
        long offset = Layout.AlignSector(Footer.LengthBytes);
        Footer.Write(sector, StoreSeed, new FrameLocation(Number, offset));
        file.Write(sector, offset);
        file.SyncData();
        file.Truncate(offset + Layout.SectorBytes);
        file.SyncData();
    }
}
