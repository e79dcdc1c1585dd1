using Actors.Reliability.Disk;

namespace Actors.Reliability.Layers;

/// <summary>Damages a random place of a disk in place, so that a process that has the file open sees it too.</summary>
internal static class Decay
{
    /// <summary>Flips a bit, zeroes a sector, or overwrites a few bytes with noise, mostly in segments.</summary>
    /// <returns>A description of the damage.</returns>
    public static string Of(SimulatedDisk disk, Random random)
    {
        // Temporary files and files of zeros are left out: nothing depends on their content yet, and nothing reads it again.
        var files = disk.Files.Where(f => !f.Path.EndsWith("LOCK", StringComparison.Ordinal) && !f.Path.EndsWith(".tmp", StringComparison.Ordinal) && f.File.Seen.ContainsAnyExcept((byte)0)).ToList();
        var segments = files.Where(f => f.Path.StartsWith("segments/", StringComparison.Ordinal)).ToList();
        if (segments.Count > 0 && random.Next(8) > 0)
            files = segments;
        (string path, SimulatedFile file) = files[random.Next(files.Count)];
        byte[] seen = file.Seen.ToArray();
        int used = seen.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        int at = random.Next(used);
        switch (random.Next(4))
        {
            case 0:
                int sector = at / SimulatedFile.SectorBytes * SimulatedFile.SectorBytes;
                file.Decay(sector, seen.AsSpan(sector, Math.Min(SimulatedFile.SectorBytes, seen.Length - sector)));
                return $"sector {sector / SimulatedFile.SectorBytes} of {path} zeroed";
            case 1:
                var noise = new byte[random.Next(2, 40)];
                random.NextBytes(noise);
                noise[0] |= 1;
                file.Decay(at, noise);
                return $"{noise.Length} bytes from {at} of {path} overwritten";
            default:
                int bit = random.Next(8);
                file.Decay(at, [(byte)(1 << bit)]);
                return $"bit {bit} of byte {at} of {path} flipped";
        }
    }
}
