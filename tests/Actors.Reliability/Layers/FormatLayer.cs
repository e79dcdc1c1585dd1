using Actors.Reliability.Model;
using Actors.Wal.Format;

namespace Actors.Reliability.Layers;

/// <summary>
/// Writes random structures. Each must read back as it was written, and must not validate at another place, in another store, or
/// with a bit changed.
/// </summary>
internal sealed class FormatLayer : Layer
{
    private const int Structures = 4_000;
    private const string File = "MANIFEST";

    public override string Name => "formats";

    public override string Description => "random structures, moved to other places and stores, and every bit of them changed";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        long written = 0;
        long changed = 0;
        List<string> violations = RunAll(Enumerable.Range(budget.FirstSeed, Structures), () => false, (seed, _) => RunOne(seed), cancellationToken);
        return new LayerReport([("structures", written), ("structures with a bit changed", changed)], violations);

        void RunOne(int seed)
        {
            foreach (Structure structure in Random(new Random(seed)))
            {
                Check(structure, seed);
                Interlocked.Increment(ref written);
                Interlocked.Add(ref changed, structure.Bytes.Length * 8);
            }
        }
    }

    private static void Check(Structure structure, int seed)
    {
        if (!structure.ReadsBack())
            throw new InvariantException($"A {structure.Name} with seed {seed} does not read back.");
        if (structure.IsPlaced && structure.Validates(structure.Bytes, structure.StoreSeed, new FrameLocation(structure.Location.Segment, structure.Location.OffsetBytes + 512)))
            throw new InvariantException($"A {structure.Name} with seed {seed} validates at another offset.");
        if (structure.IsPlaced && structure.Validates(structure.Bytes, structure.StoreSeed, new FrameLocation(structure.Location.Segment + 1, structure.Location.OffsetBytes)))
            throw new InvariantException($"A {structure.Name} with seed {seed} validates in another segment.");
        if (structure.IsPlaced && structure.Validates(structure.Bytes, structure.StoreSeed + 1, structure.Location))
            throw new InvariantException($"A {structure.Name} with seed {seed} validates for another store.");
        for (int bit = 0; bit < structure.Bytes.Length * 8; bit++)
        {
            structure.Bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            if (structure.Validates(structure.Bytes, structure.StoreSeed, structure.Location))
                throw new InvariantException($"A {structure.Name} with seed {seed} validates with bit {bit % 8} of byte {bit / 8} changed.");
            structure.Bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private static IEnumerable<Structure> Random(Random random)
    {
        var location = new FrameLocation((uint)random.Next(1, int.MaxValue), random.Next(1, 100_000) * 512L);
        var storeSeed = (ulong)random.NextInt64();
        yield return Batch(random, location, storeSeed);
        yield return Frame(random, location, storeSeed);
        yield return Footer(random, location, storeSeed);
        yield return ManifestOf(random, location, storeSeed);
    }

    private static Structure Batch(Random random, FrameLocation location, ulong storeSeed)
    {
        int frames = random.Next(0, 50);
        var header = new BatchHeader(
            frames * FrameHeader.SizeBytes,
            frames,
            (ulong)random.NextInt64(),
            (ulong)random.NextInt64(),
            random.NextInt64(),
            new Lsn(random.NextInt64(1, long.MaxValue / 2)),
            random.NextInt64(),
            new Lsn(random.NextInt64()),
            (ulong)random.NextInt64(),
            (ulong)random.NextInt64());
        var bytes = new byte[BatchHeader.SizeBytes];
        header.Write(bytes, storeSeed, location);
        return new Structure("batch header", bytes, storeSeed, location, true, 
            () => BatchHeader.Read(bytes, storeSeed, location, out _) == header,
            (b, s, l) => BatchHeader.Read(b, s, l, out _) is not null);
    }

    private static Structure Frame(Random random, FrameLocation location, ulong storeSeed)
    {
        int idBytes = random.Next(1, 40);
        var bytes = new byte[FrameHeader.SizeBytes + idBytes + random.Next(0, 60)];
        random.NextBytes(bytes);
        var header = new FrameHeader(
            bytes.Length,
            LogRecordKind.Event,
            (byte)random.Next(256),
            idBytes,
            0,
            (ulong)random.NextInt64(),
            new Sequence(random.NextInt64(1, long.MaxValue)),
            new Lsn(random.NextInt64(1, long.MaxValue)),
            random.NextInt64(Layout.MaxTimeMicros),
            new Epoch(random.NextInt64()),
            random.Next(2) == 0 ? null : location,
            random.Next(2) == 0 ? null : location,
            random.Next(2) == 0 ? null : location);
        header.Write(bytes);
        FrameHeader.Seal(bytes, storeSeed, location);
        return new Structure("frame", bytes, storeSeed, location, true,
            () => FrameHeader.TryRead(bytes, out FrameHeader read) && read == header,
            (b, s, l) => FrameHeader.TryRead(b, out FrameHeader read) && read.LengthBytes <= b.Length && FrameHeader.IsSealed(b.AsSpan(0, read.LengthBytes), s, l));
    }

    private static Structure Footer(Random random, FrameLocation location, ulong storeSeed)
    {
        var footer = new SegmentFooter(
            random.Next(2) == 0,
            random.NextInt64(),
            new Lsn(random.NextInt64()),
            (ulong)random.NextInt64(),
            (ulong)random.NextInt64(),
            random.NextInt64(),
            random.NextInt64());
        var bytes = new byte[Layout.SectorBytes];
        footer.Write(bytes, storeSeed, location);
        return new Structure("footer", bytes[..SegmentFooter.SizeBytes], storeSeed, location, true,
            () => SegmentFooter.Read(bytes, storeSeed, location) == footer,
            (b, s, l) => SegmentFooter.Read(b, s, l) is not null);
    }

    private static Structure ManifestOf(Random random, FrameLocation location, ulong storeSeed)
    {
        var id = new byte[16];
        random.NextBytes(id);
        var manifest = new Manifest(new Guid(id), (ulong)random.NextInt64(), random.NextInt64(), (uint)random.Next(), random.NextInt64());
        var bytes = new byte[Manifest.SizeBytes];
        manifest.Write(bytes);
        return new Structure("manifest", bytes, storeSeed, location, false, () => Manifest.Read(bytes, File) == manifest, (b, _, _) =>
        {
            try
            {
                Manifest.Read(b, File);
                return true;
            }
            catch (LogCorruptException)
            {
                return false;
            }
        });
    }

    private sealed record Structure(string Name, byte[] Bytes, ulong StoreSeed, FrameLocation Location, bool IsPlaced, Func<bool> ReadsBack, Func<byte[], ulong, FrameLocation, bool> Validates);
}
