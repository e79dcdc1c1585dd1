using Actors.Wal.Format;
using Actors.Wal.Storage;

namespace Actors.Wal.Backup;

/// <summary>Tells whether two directories have the same sealed segment.</summary>
internal static class SameFile
{
    /// <summary>
    /// Whether the files of one name are equal: as long, and with the same first and last sector. A footer has the checksum of
    /// the last batch, which all before it go into; the header of a cold segment says when it was made.
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
