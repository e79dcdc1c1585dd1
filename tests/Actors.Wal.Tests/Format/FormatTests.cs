using Actors.Wal.Format;

namespace Actors.Wal.Tests.Format;

public sealed class FormatTests
{
    private const ulong Seed = 0x1234_5678_9ABC_DEF0;
    private static readonly Guid StoreId = new("00112233-4455-6677-8899-aabbccddeeff");

    [Fact]
    public void Structures_have_the_sizes_of_the_format_page()
    {
        Assert.Equal(112, SegmentHeader.SizeBytes);
        Assert.Equal(96, BatchHeader.SizeBytes);
        Assert.Equal(88, FrameHeader.SizeBytes);
        Assert.Equal(72, SegmentFooter.SizeBytes);
        Assert.Equal(64, Manifest.SizeBytes);
        Assert.Equal(512, Layout.SectorBytes);
        Assert.Equal(8, Layout.FrameAlignmentBytes);
    }

    [Fact]
    public void A_segment_header_reads_back_and_no_flipped_bit_passes()
    {
        var header = new SegmentHeader(7, new Predecessor(6, 4096, new Lsn(99), 12, 0xABCD), 3, 1_000_000, new Lsn(99), 65536);
        var sector = new byte[Layout.SectorBytes];
        ulong checksum = header.Write(sector, StoreId, Seed);
        Assert.Equal(header, SegmentHeader.Read(sector, 7, StoreId, Seed, out ulong read));
        Assert.Equal(checksum, read);
        AssertEveryFlipIsFound(sector, Layout.SectorBytes, s => SegmentHeader.Read(s, 7, StoreId, Seed, out _) is not null);
    }

    [Fact]
    public void A_segment_header_is_valid_only_for_its_own_segment_and_store()
    {
        var sector = new byte[Layout.SectorBytes];
        new SegmentHeader(7, null, 3, 1, Lsn.Zero, 65536).Write(sector, StoreId, Seed);
        Assert.Null(SegmentHeader.Read(sector, 8, StoreId, Seed, out _));
        Assert.Null(SegmentHeader.Read(sector, 7, Guid.NewGuid(), Seed, out _));
        Assert.Null(SegmentHeader.Read(sector, 7, StoreId, Seed + 1, out _));
    }

    [Fact]
    public void A_batch_header_reads_back_and_no_flipped_bit_passes()
    {
        var header = new BatchHeader(200, 2, 5, 77, 3, new Lsn(40), 1_000_000, new Lsn(39), 4, 0xFEED);
        var bytes = new byte[BatchHeader.SizeBytes];
        var location = new FrameLocation(7, 1024);
        header.Write(bytes, Seed, location);
        Assert.Equal(header, BatchHeader.Read(bytes, Seed, location, out _));
        AssertEveryFlipIsFound(bytes, bytes.Length, s => BatchHeader.Read(s, Seed, location, out _) is not null);
    }

    [Fact]
    public void A_batch_header_is_valid_only_at_its_own_offset_and_segment()
    {
        var bytes = new byte[BatchHeader.SizeBytes];
        new BatchHeader(0, 0, 5, 77, 3, new Lsn(40), 1, new Lsn(39), 4, 0).Write(bytes, Seed, new FrameLocation(7, 1024));
        Assert.Null(BatchHeader.Read(bytes, Seed, new FrameLocation(7, 1536), out _));
        Assert.Null(BatchHeader.Read(bytes, Seed, new FrameLocation(8, 1024), out _));
    }

    [Fact]
    public void A_frame_reads_back_and_no_flipped_bit_passes()
    {
        var header = new FrameHeader(
            FrameHeader.SizeBytes + 3 + 5, LogRecordKind.Event, 9, 3, 0, 0xAA, new Sequence(6), new Lsn(70), 123, new Epoch(8),
            new FrameLocation(1, 512), new FrameLocation(1, 8), null);
        var frame = new byte[header.LengthBytes];
        header.Write(frame);
        frame.AsSpan(FrameHeader.SizeBytes).Fill(0x5A);
        var location = new FrameLocation(2, 608);
        FrameHeader.Seal(frame, Seed, location);
        Assert.True(FrameHeader.TryRead(frame, out FrameHeader read));
        Assert.Equal(header, read);
        Assert.Equal(96, header.PaddedBytes);
        AssertEveryFlipIsFound(frame, frame.Length, s => FrameHeader.TryRead(s, out _) && FrameHeader.IsSealed(s, Seed, location));
    }

    [Fact]
    public void A_footer_reads_back_and_no_flipped_bit_passes()
    {
        var footer = new SegmentFooter(true, 4096, new Lsn(7), 3, 0xBEEF, 7, 55);
        var sector = new byte[Layout.SectorBytes];
        var location = new FrameLocation(2, 4096);
        footer.Write(sector, Seed, location);
        Assert.Equal(footer, SegmentFooter.Read(sector, Seed, location));
        AssertEveryFlipIsFound(sector, SegmentFooter.SizeBytes, s => SegmentFooter.Read(s, Seed, location) is not null);
    }

    [Fact]
    public void A_manifest_reads_back_and_no_flipped_bit_passes()
    {
        var manifest = new Manifest(StoreId, 0xFACE, 4, 9, 77);
        var bytes = new byte[Manifest.SizeBytes];
        manifest.Write(bytes);
        Assert.Equal(manifest, Manifest.Read(bytes, "MANIFEST"));
        AssertEveryFlipIsFound(bytes, bytes.Length, s =>
        {
            try
            {
                Manifest.Read(s, "MANIFEST");
                return true;
            }
            catch (LogCorruptException)
            {
                return false;
            }
        });
    }

    private static void AssertEveryFlipIsFound(byte[] valid, int length, Func<byte[], bool> passes)
    {
        Assert.True(passes(valid));
        for (int bit = 0; bit < length * 8; bit++)
        {
            byte[] damaged = [.. valid];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(passes(damaged), $"Bit {bit} was flipped and nobody noticed.");
        }
    }
}
