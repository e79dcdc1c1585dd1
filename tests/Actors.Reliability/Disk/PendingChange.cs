namespace Actors.Reliability.Disk;

/// <summary>
/// A change that is not synced yet: of a name, of a length, or of a sector. A length or a sector may have been written
/// several times.
/// </summary>
internal sealed class PendingChange
{
    public PendingChange(NameChange name)
    {
        Name = name;
        Versions = 1;
    }

    public PendingChange(SimulatedFile file, int? sector, int versions)
    {
        File = file;
        Sector = sector;
        Versions = versions;
    }

    /// <summary>The change of a name; null for others.</summary>
    public NameChange? Name { get; }

    /// <summary>The file whose length or sector changed; null for a name.</summary>
    public SimulatedFile? File { get; }

    /// <summary>The sector's number; null for a name and for a length.</summary>
    public int? Sector { get; }

    /// <summary>The number of values that were written, one after the other.</summary>
    public int Versions { get; }
}

/// <summary>A change that survives a crash.</summary>
/// <param name="Change">The change.</param>
/// <param name="Version">The number of the value that survives, from 1.</param>
/// <param name="TornAt">
/// For a torn sector: positive for the number of new bytes at its start, negative for that at its end; 0 for a whole sector.
/// </param>
internal readonly record struct Survivor(PendingChange Change, int Version, int TornAt = 0);

/// <summary>A change of a name: its new file, or null for a directory; and the name that is removed, if any.</summary>
internal sealed record NameChange(string Path, SimulatedFile? File, string? From);
