using Actors.Wal.Format;
using FsCheck;
using FsCheck.Fluent;

namespace Actors.Wal.Tests.Format;

/// <summary>What holds for all values, not only for those that somebody thought of.</summary>
public sealed class FormatProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(5_000);

    private static readonly Gen<long> Long = Gen.OneOf(Gen.Elements(0L, 1, -1, long.MinValue, long.MaxValue, int.MaxValue, uint.MaxValue), ArbMap.Default.GeneratorFor<long>());
    private static readonly Gen<ulong> ULong = Long.Select(l => (ulong)l);
    private static readonly Gen<uint> UInt = Long.Select(l => (uint)l);
    private static readonly Gen<FrameLocation> Location = UInt.Zip(Long, (s, o) => new FrameLocation(Math.Max(1, s), Math.Abs(o % (1L << 31)) / 8 * 8));
    private static readonly Gen<FrameLocation?> Pointer = Gen.OneOf(Gen.Constant<FrameLocation?>(null), Location.Where(l => l.Value != 0).Select(l => (FrameLocation?)l));

    [Fact]
    public void Every_batch_header_reads_back()
    {
        Gen<BatchHeader> headers =
            from frames in Gen.Choose(0, 100_000)
            from more in Gen.Choose(0, 1000)
            from u in Gen.ArrayOf(ULong, 4)
            from l in Gen.ArrayOf(Long, 4)
            select new BatchHeader(frames * FrameHeader.SizeBytes + more * 8, frames, u[0], u[1], l[0], new Lsn(l[1]), l[2], new Lsn(l[3]), u[2], u[3]);
        ForAll(headers, Location, ULong, (header, location, seed) =>
        {
            var bytes = new byte[BatchHeader.SizeBytes];
            ulong checksum = header.Write(bytes, seed, location);
            return BatchHeader.Read(bytes, seed, location, out ulong read) == header && read == checksum;
        });
    }

    [Fact]
    public void Every_frame_reads_back()
    {
        Gen<FrameHeader> headers =
            from id in Gen.Choose(1, LogStreamId.MaxBytes)
            from extension in Gen.Choose(0, 16)
            from payload in Gen.Choose(0, 2000)
            from kind in Gen.Elements(Enum.GetValues<LogRecordKind>())
            from codec in Gen.Choose(0, 255)
            from hash in ULong
            from l in Gen.ArrayOf(Long, 4)
            from p in Gen.ArrayOf(Pointer, 3)
            select new FrameHeader(
                FrameHeader.SizeBytes + extension * 8 + id + payload, kind, (byte)codec, id, extension * 8, hash,
                new Sequence(l[0]), new Lsn(l[1]), Math.Abs(l[2] % Layout.MaxTimeMicros), new Epoch(l[3]), p[0], p[1], p[2]);
        ForAll(headers, Location, ULong, (header, location, seed) =>
        {
            var frame = new byte[header.LengthBytes];
            header.Write(frame);
            FrameHeader.Seal(frame, seed, location);
            return FrameHeader.TryRead(frame, out FrameHeader read) && read == header && FrameHeader.IsSealed(frame, seed, location)
                && read.PayloadOffset + read.PayloadBytes == frame.Length;
        });
    }

    [Fact]
    public void Every_segment_header_and_footer_reads_back()
    {
        Gen<(SegmentHeader, SegmentFooter)> both =
            from segment in UInt
            from has in ArbMap.Default.GeneratorFor<bool>()
            from u in Gen.ArrayOf(ULong, 4)
            from l in Gen.ArrayOf(Long, 10)
            select (
                new SegmentHeader(segment, has ? new Predecessor((uint)u[0], l[0], new Lsn(l[1]), u[1], u[2]) : null, l[2], l[3], new Lsn(l[4]), l[5]),
                new SegmentFooter(has, l[6], new Lsn(l[7]), u[0], u[1], l[8], l[9]));
        ForAll(both, ArbMap.Default.GeneratorFor<Guid>(), ULong, (both, store, seed) =>
        {
            (SegmentHeader header, SegmentFooter footer) = both;
            var sector = new byte[Layout.SectorBytes];
            ulong checksum = header.Write(sector, store, seed);
            if (SegmentHeader.Read(sector, header.Segment, store, seed, out ulong read) != header || read != checksum)
                return false;
            var location = new FrameLocation(header.Segment, 4096);
            footer.Write(sector, seed, location);
            return SegmentFooter.Read(sector, seed, location) == footer;
        });
    }

    [Fact]
    public void Every_manifest_reads_back()
    {
        Gen<Manifest> manifests =
            from id in ArbMap.Default.GeneratorFor<Guid>()
            from hashSeed in ULong
            from open in UInt
            from l in Gen.ArrayOf(Long, 2)
            select new Manifest(id, hashSeed, l[0], open, l[1]);
        ForAll(manifests, manifest =>
        {
            var bytes = new byte[Manifest.SizeBytes];
            manifest.Write(bytes);
            return Manifest.Read(bytes, "MANIFEST") == manifest;
        });
    }

    [Fact]
    public void Every_anchor_reads_back()
    {
        var anchors =
            from first in Long
            from levels in Gen.Choose(0, Spine.MaxLevels)
            from entries in Gen.ArrayOf(ULong, levels)
            select (First: first, Entries: entries);
        ForAll(anchors, anchor =>
        {
            Spine spine = default;
            for (int i = 0; i < anchor.Entries.Length; i++)
                spine.Set(i, anchor.Entries[i]);
            int extension = AnchorExtension.SizeBytes(anchor.Entries.Length);
            var frame = new byte[FrameHeader.SizeBytes + extension];
            AnchorExtension.Write(frame.AsSpan(FrameHeader.SizeBytes), new Sequence(anchor.First), spine, anchor.Entries.Length);
            var header = new FrameHeader(frame.Length, LogRecordKind.Checkpoint, 0, 1, extension, 0, default, default, 0, default, null, null, null);
            return AnchorExtension.ReadFirst(frame).Value == anchor.First
                && Enumerable.Range(0, Spine.MaxLevels).All(level => AnchorExtension.ReadSpine(frame, header, level) == anchor.Entries.ElementAtOrDefault(level));
        });
    }

    [Fact]
    public void Any_location_comes_back_from_its_number()
        => ForAll(Location, location => new FrameLocation(location.Value) == location && new FrameLocation(location.Segment, location.OffsetBytes) == location);

    [Fact]
    public void Any_stream_id_comes_back_from_its_bytes()
        => ForAll(ArbMap.Default.GeneratorFor<NonEmptyString>().Select(s => s.Get).Where(IsId), text => LogStreamId.FromBytes(new LogStreamId(text).ToBytes()) == new LogStreamId(text));

    [Fact]
    public void Arbitrary_bytes_validate_as_no_structure()
        => ForAll(Gen.ArrayOf(ArbMap.Default.GeneratorFor<byte>(), 600).Zip(Gen.Choose(0, 600), (b, n) => b[..n]), Location, ULong, (bytes, location, seed) =>
        {
            FrameHeader.TryRead(bytes, out _);
            return BatchHeader.Read(bytes, seed, location, out _) is null
                && SegmentHeader.Read(bytes, location.Segment, Guid.Empty, seed, out _) is null
                && SegmentFooter.Read(bytes, seed, location) is null
                && IsRefused(bytes);
        });

    private static bool IsRefused(byte[] bytes)
    {
        try
        {
            Manifest.Read(bytes, "MANIFEST");
            return false;
        }
        catch (LogCorruptException e)
        {
            return e.File == "MANIFEST";
        }
    }

    private static bool IsId(string text)
    {
        try
        {
            _ = new LogStreamId(text);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void ForAll<T>(Gen<T> values, Func<T, bool> holds) => Check.One(Many, Prop.ForAll(values.ToArbitrary(), holds));

    private static void ForAll<T1, T2, T3>(Gen<T1> first, Gen<T2> second, Gen<T3> third, Func<T1, T2, T3, bool> holds)
        => Check.One(Many, Prop.ForAll(first.ToArbitrary(), second.ToArbitrary(), third.ToArbitrary(), holds));
}
