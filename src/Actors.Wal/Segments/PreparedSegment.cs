using Actors.Wal.Storage;

namespace Actors.Wal.Segments;

/// <summary>A segment file that is allocated, zero-filled if batches are small, and durable, and has no header yet.</summary>
internal sealed record PreparedSegment(uint Number, long SegmentBytes, IStorageFile File);
