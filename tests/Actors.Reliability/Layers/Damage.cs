using Actors.Reliability.Disk;

namespace Actors.Reliability.Layers;

/// <summary>Damage of one file of a disk.</summary>
internal readonly record struct Damage(string Kind, string Description, SimulatedDisk Disk)
{
    /// <summary>Whether more than one sector is changed: a batch, and later data that proves the batch durable.</summary>
    public bool HitsTwoPlaces { get; private init; }

    /// <summary>Returns every flipped bit, zeroed sector and shorter length; swapped and misdirected sectors; and lost files.</summary>
    public static IEnumerable<Damage> All(SimulatedDisk disk, Random random)
    {
        var files = disk.Files.Where(f => !f.Path.EndsWith("LOCK", StringComparison.Ordinal)).Select(f => (f.Path, Bytes: f.File.Seen.ToArray())).ToList();
        foreach ((string path, byte[] bytes) in files)
        {
            yield return new Damage("files lost", $"{path} lost", disk.With(path, null));
            foreach (Damage damage in Bits(disk, path, bytes).Concat(Sectors(disk, path, bytes)).Concat(Lengths(disk, path, bytes)))
                yield return damage;
        }

        foreach (Damage damage in Misdirections(disk, files, random))
            yield return damage;
    }

    private static IEnumerable<Damage> Bits(SimulatedDisk disk, string path, byte[] bytes)
    {
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] damaged = (byte[])bytes.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            yield return new Damage("bits flipped", $"bit {bit % 8} of byte {bit / 8} of {path} flipped", disk.With(path, damaged));
        }
    }

    private static IEnumerable<Damage> Sectors(SimulatedDisk disk, string path, byte[] bytes)
    {
        for (int start = 0; start < bytes.Length; start += SimulatedFile.SectorBytes)
        {
            byte[] damaged = (byte[])bytes.Clone();
            damaged.AsSpan(start, Math.Min(SimulatedFile.SectorBytes, bytes.Length - start)).Clear();
            yield return new Damage("sectors zeroed", $"sector {start / SimulatedFile.SectorBytes} of {path} zeroed", disk.With(path, damaged));
        }
    }

    private static IEnumerable<Damage> Lengths(SimulatedDisk disk, string path, byte[] bytes)
    {
        for (int length = 0; length < bytes.Length; length++)
            yield return new Damage("files cut", $"{path} cut to {length} bytes", disk.With(path, bytes[..length]));
        byte[] longer = [.. bytes, .. new byte[SimulatedFile.SectorBytes]];
        yield return new Damage("files cut", $"{path} longer by a sector", disk.With(path, longer));
    }

    private static IEnumerable<Damage> Misdirections(SimulatedDisk disk, List<(string Path, byte[] Bytes)> files, Random random)
    {
        var sectors = files.Where(f => f.Path.EndsWith(".wal", StringComparison.Ordinal))
            .SelectMany(f => Enumerable.Range(0, f.Bytes.Length / SimulatedFile.SectorBytes).Select(s => (f.Path, f.Bytes, Start: s * SimulatedFile.SectorBytes)))
            .ToList();
        foreach (var from in sectors)
        {
            foreach (var to in sectors)
            {
                if (from == to || random.Next(4) != 0)
                    continue;
                ReadOnlySpan<byte> source = from.Bytes.AsSpan(from.Start, SimulatedFile.SectorBytes);
                byte[] damaged = (byte[])to.Bytes.Clone();
                source.CopyTo(damaged.AsSpan(to.Start));
                string what = $"sector {from.Start / SimulatedFile.SectorBytes} of {from.Path}";
                string where = $"sector {to.Start / SimulatedFile.SectorBytes} of {to.Path}";
                yield return new Damage("sectors written to the wrong place", $"{what} written to {where}", disk.With(to.Path, damaged));
                if (from.Path != to.Path)
                    continue;
                damaged = (byte[])damaged.Clone();
                to.Bytes.AsSpan(to.Start, SimulatedFile.SectorBytes).CopyTo(damaged.AsSpan(from.Start));
                yield return new Damage("sectors swapped", $"{what} and {where} swapped", disk.With(to.Path, damaged)) { HitsTwoPlaces = true };
            }
        }
    }
}
