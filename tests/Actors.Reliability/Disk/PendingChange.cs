namespace Actors.Reliability.Disk;

/// <summary>
/// Something that was done and not synced: a change of a name, of a length, or of a sector, which may have been written
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

    /// <summary>How many values it took on, one after the other.</summary>
    public int Versions { get; }
}

/// <summary>A change that survives a crash.</summary>
/// <param name="Change">The change.</param>
/// <param name="Version">Which of its values survives, from 1.</param>
/// <param name="TornAt">
/// For a torn sector: positive for the bytes at its start that are new, negative for those at its end; 0 for a whole one.
/// </param>
internal readonly record struct Survivor(PendingChange Change, int Version, int TornAt = 0);

/// <summary>A name that got another meaning: a file or, without one, a directory; taken away from where it was, if anywhere.</summary>
internal sealed record NameChange(string Path, SimulatedFile? File, string? From);
