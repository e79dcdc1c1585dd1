using Actors.Wal.Format;
using Actors.Wal.Storage;

namespace Actors.Wal.Segments;

/// <summary>The files of an open log: their storage, the manifest, and the segments.</summary>
internal sealed record LogFiles(IStorage Storage, Manifest Manifest, SegmentSet Segments)
{
    public ulong StoreSeed { get; } = Manifest.StoreSeed;
}
