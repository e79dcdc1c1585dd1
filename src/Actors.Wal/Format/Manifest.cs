using System.Buffers.Binary;

namespace Actors.Wal.Format;

// byte  size  field                 (little-endian)
//    0     8  checksum              XxHash3 over bytes 8..64, seeded with the magic
//    8     8  magic                 "ACTWALMF"
//   16     4  format version        1 or 2; the first opening by a newer program raises it
//   20     4  open segment          the segment that the current owner started with
//   24    16  store id
//   40     8  hash seed             of the stream hashes
//   48     8  directory epoch       grows with each opening
//   56     8  created               microseconds since 1970-01-01 UTC
//
// A manifest is valid if and only if it is exactly 64 bytes long and its checksum, magic and version are right.

internal readonly record struct Manifest(Guid StoreId, ulong HashSeed, long DirectoryEpoch, uint OpenSegment, long CreatedMicros)
{
    public const int SizeBytes = 64;

    private const ulong Magic = 0x464D4C4157544341; // "ACTWALMF"

    public ulong StoreSeed => Checksum.StoreSeed(StoreId);

    public void Write(Span<byte> target)
    {
        target[..SizeBytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(target[16..], Layout.FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(target[20..], OpenSegment);
        StoreId.TryWriteBytes(target[24..]);
        BinaryPrimitives.WriteUInt64LittleEndian(target[40..], HashSeed);
        BinaryPrimitives.WriteInt64LittleEndian(target[48..], DirectoryEpoch);
        BinaryPrimitives.WriteInt64LittleEndian(target[56..], CreatedMicros);
        BinaryPrimitives.WriteUInt64LittleEndian(target, Checksum.OfFile(target[8..SizeBytes], Magic));
    }

    /// <summary>Decodes a manifest.</summary>
    /// <exception cref="LogCorruptException">The manifest is not valid.</exception>
    public static Manifest Read(ReadOnlySpan<byte> source, string file)
    {
        if (source.Length != SizeBytes)
            throw new LogCorruptException($"The manifest is {source.Length} bytes long instead of {SizeBytes}.", file, 0);
        if (BinaryPrimitives.ReadUInt64LittleEndian(source[8..]) != Magic)
            throw new LogCorruptException("The manifest does not start like one.", file, 8);
        if (BinaryPrimitives.ReadUInt64LittleEndian(source) != Checksum.OfFile(source[8..SizeBytes], Magic))
            throw new LogCorruptException("The manifest's checksum is wrong.", file, 0);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(source[16..]);
        if (!Layout.IsFormatKnown(version))
            throw new LogCorruptException($"The store has format version {version}; this program reads versions {Layout.OldestFormatVersion} to {Layout.FormatVersion}. Use a newer program.", file, 16);
        return new Manifest(
            new Guid(source.Slice(24, 16)),
            BinaryPrimitives.ReadUInt64LittleEndian(source[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[48..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[20..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[56..]));
    }
}
