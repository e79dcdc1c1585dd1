using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Actors.Wal.Format;

// byte  size  field                 (little-endian; a frame starts at a multiple of 8)
//    0     8  checksum              over bytes 8..length, seeded with store, segment, offset
//    8     4  length                header, extension, id and payload, without the padding to 8
//   12     1  kind                  1 event, 2 checkpoint, 3 state, 4 truncation, 5 deletion
//   13     1  codec                 the writer's own number
//   14     1  flags                 bit 0: has previous; bit 1: has jump; bit 2: has anchor; bit 3: has header checksum; other bits 0
//   15     1  reserved              0
//   16     2  id length             1..1024
//   18     2  extension length      a multiple of 8
//   20     4  header checksum       the lower half of the checksum over bytes 8..88 with zeros in this field; 0 without bit 3 (format 1)
//   24     8  stream hash           XxHash3 of the id, seeded with the store's hash seed
//   32     8  sequence
//   40     8  LSN                   unchanged when the frame is copied
//   48     8  time                  microseconds since 1970-01-01 UTC; unchanged when the frame is copied
//   56     8  epoch                 of the stream's owner
//   64     8  previous              location of the stream's previous frame
//   72     8  jump                  location of the event JumpTarget(sequence): see Spine
//   80     8  anchor                location of the stream's last checkpoint, state or truncation frame before this one
//   88        extension             checkpoint, state, truncation: see AnchorExtension
//             id                    UTF-8
//             payload
//             padding               zeros to a multiple of 8
//
// A frame is valid if and only if its length fits its place, its checksums are right, its kind is known, its
// reserved fields and flags are as above, its time is a date before the year 10000, id and extension fit its length,
// and its pointers lead to frames before it.

[Flags]
internal enum FrameFlags : byte
{
    None = 0,
    HasPrevious = 1,
    HasJump = 2,
    HasAnchor = 4,
    HasHeaderChecksum = 8,
}

internal readonly record struct FrameHeader(
    int LengthBytes,
    LogRecordKind Kind,
    byte Codec,
    int IdBytes,
    int ExtensionBytes,
    ulong StreamHash,
    Sequence Sequence,
    Lsn Lsn,
    long TimeMicros,
    Epoch Epoch,
    FrameLocation? Previous,
    FrameLocation? Jump,
    FrameLocation? Anchor)
{
    public const int SizeBytes = 88;

    private const int HeaderChecksumOffset = 20;

    /// <summary>The longest frame whose padded length fits into 32 bits.</summary>
    public const int MaxBytes = int.MaxValue / Layout.FrameAlignmentBytes * Layout.FrameAlignmentBytes;

    public int PaddedBytes => Layout.AlignFrame(LengthBytes);

    public int IdOffset => SizeBytes + ExtensionBytes;

    public int PayloadOffset => SizeBytes + ExtensionBytes + IdBytes;

    public int PayloadBytes => LengthBytes - PayloadOffset;

    /// <summary>Whether all pointers lead to frames before this one, so that a reader that follows them comes to an end.</summary>
    public bool LeadsBack(FrameLocation location)
        => (Previous is null || Previous.Value.CompareTo(location) < 0)
            && (Jump is null || Jump.Value.CompareTo(location) < 0)
            && (Anchor is null || Anchor.Value.CompareTo(location) < 0);

    /// <summary>Encodes everything but the checksums.</summary>
    public void Write(Span<byte> target)
    {
        var flags = FrameFlags.HasHeaderChecksum
            | (Previous is null ? FrameFlags.None : FrameFlags.HasPrevious)
            | (Jump is null ? FrameFlags.None : FrameFlags.HasJump)
            | (Anchor is null ? FrameFlags.None : FrameFlags.HasAnchor);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], LengthBytes);
        target[12] = (byte)Kind;
        target[13] = Codec;
        target[14] = (byte)flags;
        target[15] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(target[16..], (ushort)IdBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(target[18..], (ushort)ExtensionBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(target[HeaderChecksumOffset..], 0);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], StreamHash);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], Sequence.Value);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], Lsn.Value);
        BinaryPrimitives.WriteInt64LittleEndian(target[48..], TimeMicros);
        BinaryPrimitives.WriteInt64LittleEndian(target[56..], Epoch.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[64..], Previous?.Value ?? 0);
        BinaryPrimitives.WriteUInt64LittleEndian(target[72..], Jump?.Value ?? 0);
        BinaryPrimitives.WriteUInt64LittleEndian(target[80..], Anchor?.Value ?? 0);
    }

    /// <summary>Writes the checksums of a frame whose other bytes are complete.</summary>
    public static void Seal(Span<byte> frame, ulong storeSeed, FrameLocation location)
    {
        if (HasHeaderChecksum(frame))
        {
            Span<byte> field = frame[HeaderChecksumOffset..];
            BinaryPrimitives.WriteUInt32LittleEndian(field, 0);
            BinaryPrimitives.WriteUInt32LittleEndian(field, (uint)Checksum.Of(frame[8..SizeBytes], storeSeed, location));
        }

        BinaryPrimitives.WriteUInt64LittleEndian(frame, Checksum.Of(frame[8..], storeSeed, location));
    }

    /// <summary>Whether a whole frame, header to payload, has the checksum of this place.</summary>
    public static bool IsSealed(ReadOnlySpan<byte> frame, ulong storeSeed, FrameLocation location)
        => IsWhole(frame, storeSeed, location) && (!HasHeaderChecksum(frame) || IsHeaderSealed(frame, storeSeed, location));

    /// <summary>Whether a frame whose header was validated has the checksum of this place.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> frame, ulong storeSeed, FrameLocation location)
        => BinaryPrimitives.ReadUInt64LittleEndian(frame) == Checksum.Of(frame[8..], storeSeed, location);

    /// <summary>Whether the header can be validated without the rest of its frame. Frames of format 1 have no header checksum.</summary>
    public static bool HasHeaderChecksum(ReadOnlySpan<byte> header) => (header[14] & (byte)FrameFlags.HasHeaderChecksum) != 0;

    /// <summary>Whether a header has the checksum of this place.</summary>
    public static bool IsHeaderSealed(ReadOnlySpan<byte> header, ulong storeSeed, FrameLocation location)
        => BinaryPrimitives.ReadUInt32LittleEndian(header[HeaderChecksumOffset..]) == HeaderChecksumOf(header, storeSeed, location);

    [SkipLocalsInit]
    private static uint HeaderChecksumOf(ReadOnlySpan<byte> header, ulong storeSeed, FrameLocation location)
    {
        const int Start = 8;
        Span<byte> bytes = stackalloc byte[SizeBytes - Start];
        header[Start..SizeBytes].CopyTo(bytes);
        bytes.Slice(HeaderChecksumOffset - Start, sizeof(uint)).Clear();
        return (uint)Checksum.Of(bytes, storeSeed, location);
    }

    /// <summary>Reads the length field alone, for a reader that has only the header. The length is not validated.</summary>
    public static int PeekLength(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt32LittleEndian(header[8..]);

    /// <summary>Decodes the fields; false when they can't be those of a frame. The checksums are validated by <see cref="IsSealed"/> and <see cref="IsHeaderSealed"/>.</summary>
    [SkipLocalsInit]
    public static bool TryRead(ReadOnlySpan<byte> source, out FrameHeader header)
    {
        header = default;
        if (source.Length < SizeBytes)
            return false;
        int length = BinaryPrimitives.ReadInt32LittleEndian(source[8..]);
        byte kind = source[12];
        var flags = (FrameFlags)source[14];
        int idBytes = BinaryPrimitives.ReadUInt16LittleEndian(source[16..]);
        int extensionBytes = BinaryPrimitives.ReadUInt16LittleEndian(source[18..]);
        if (kind is < (byte)LogRecordKind.Event or > (byte)LogRecordKind.Deletion
            || (byte)flags > (byte)FrameFlags.HasHeaderChecksum * 2 - 1
            || source[15] != 0
            || (!HasHeaderChecksum(source) && BinaryPrimitives.ReadUInt32LittleEndian(source[HeaderChecksumOffset..]) != 0)
            || idBytes is 0 or > LogStreamId.MaxBytes
            || extensionBytes % 8 != 0
            || length < SizeBytes + extensionBytes + idBytes
            || length > MaxBytes
            || BinaryPrimitives.ReadInt64LittleEndian(source[48..]) is < 0 or > Layout.MaxTimeMicros)
            return false;

        header = new FrameHeader(
            length,
            (LogRecordKind)kind,
            source[13],
            idBytes,
            extensionBytes,
            BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
            new Sequence(BinaryPrimitives.ReadInt64LittleEndian(source[32..])),
            new Lsn(BinaryPrimitives.ReadInt64LittleEndian(source[40..])),
            BinaryPrimitives.ReadInt64LittleEndian(source[48..]),
            new Epoch(BinaryPrimitives.ReadInt64LittleEndian(source[56..])),
            (flags & FrameFlags.HasPrevious) == 0 ? null : new FrameLocation(BinaryPrimitives.ReadUInt64LittleEndian(source[64..])),
            (flags & FrameFlags.HasJump) == 0 ? null : new FrameLocation(BinaryPrimitives.ReadUInt64LittleEndian(source[72..])),
            (flags & FrameFlags.HasAnchor) == 0 ? null : new FrameLocation(BinaryPrimitives.ReadUInt64LittleEndian(source[80..])));
        return true;
    }
}
