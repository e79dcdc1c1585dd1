using Actors.Wal.Format;
using Actors.Wal.Storage;

namespace Actors.Wal.Backup;

/// <summary>Compares the same sealed segment in two directories.</summary>
internal static class SameFile
{
    /// <summary>
    /// Whether two files of one name are equal: the same length, and the same first and last sector. This suffices because a footer
    /// has the checksum of the last batch, which depends on all batches before it, and a cold segment's header has its creation time.
    /// </summary>
    public static bool Is(string path, IStorage left, IStorage right)
    {
        if (!right.Exists(path))
            return false;
        using IStorageFile one = left.Open(path, StorageAccess.Read);
        using IStorageFile other = right.Open(path, StorageAccess.Read);
        long length = one.LengthBytes;
        return length == other.LengthBytes && Same(0) && Same(Math.Max(0, length - Layout.SectorBytes));

        bool Same(long offset)
        {
            Span<byte> a = stackalloc byte[Layout.SectorBytes];
            Span<byte> b = stackalloc byte[Layout.SectorBytes];
            return a[..one.Read(a, offset)].SequenceEqual(b[..other.Read(b, offset)]);
        }
    }
}
