using System.Buffers.Binary;

namespace Actors.Wal.Format;

// The extension of checkpoint, state and truncation frames:
// byte  size  field
//    0     8  first                 the first sequence that the stream keeps
//    8   8·n  spine                 the locations of Spine, lowest level first; 0 for an unknown one (checkpoints only)

internal static class AnchorExtension
{
    public const int FirstBytes = 8;

    public static int SizeBytes(int spineCount) => FirstBytes + (8 * spineCount);

    public static void Write(Span<byte> target, Sequence first, in Spine spine, int spineCount)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, first.Value);
        for (int i = 0; i < spineCount; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(target[(FirstBytes + (8 * i))..], spine[i]);
    }

    public static bool IsPresent(in FrameHeader frame)
        => frame.Kind is LogRecordKind.Checkpoint or LogRecordKind.State or LogRecordKind.Truncation
            && frame.ExtensionBytes >= FirstBytes;

    public static Sequence ReadFirst(ReadOnlySpan<byte> frame)
        => new(BinaryPrimitives.ReadInt64LittleEndian(frame[FrameHeader.SizeBytes..]));

    public static ulong ReadSpine(ReadOnlySpan<byte> frame, in FrameHeader header, int level)
    {
        int offset = FirstBytes + (8 * level);
        return offset + 8 <= header.ExtensionBytes
            ? BinaryPrimitives.ReadUInt64LittleEndian(frame[(FrameHeader.SizeBytes + offset)..])
            : 0;
    }
}
