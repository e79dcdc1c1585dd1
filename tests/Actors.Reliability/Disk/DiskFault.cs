namespace Actors.Reliability.Disk;

/// <summary>A fault: one or more operations of a disk fail.</summary>
/// <param name="Name">The error's name.</param>
/// <param name="Errno">The error's number.</param>
/// <param name="Operations">The number of consecutive operations that fail.</param>
internal sealed record DiskFault(string Name, int Errno, int Operations)
{
    public static IReadOnlyList<DiskFault> All { get; } =
    [
        new("EIO", 5, 1),
        new("EIO for good", 5, int.MaxValue),
        new("ENOSPC", 28, 1),
        new("ENOSPC for a while", 28, 6),
        new("EDQUOT for a while", 122, 6),
        new("EROFS for good", 30, int.MaxValue),
    ];

    /// <summary>Faults of a process or system with too many open files or too little memory: no file can be opened or created.</summary>
    public static IReadOnlyList<DiskFault> Shortages { get; } =
    [
        new("EMFILE", 24, 1),
        new("ENFILE for a while", 23, 6),
        new("ENOMEM for a while", 12, 6),
    ];

    /// <summary>Makes a disk fail from the given opening of a file on.</summary>
    public void PlantAtOpening(SimulatedDisk disk, int first)
        => disk.BeforeOpening = path =>
        {
            if (disk.Openings >= first && disk.Openings - first < Operations)
                throw new IOException($"{Name} at opening {disk.Openings}, {path}.", Errno);
        };

    /// <summary>Makes a disk fail from the given operation on.</summary>
    public void Plant(SimulatedDisk disk, int first)
        => disk.Before = operation =>
        {
            if (disk.Operations >= first && disk.Operations - first < Operations)
                throw new IOException($"{Name} at operation {disk.Operations}, {operation}.", Errno);
        };
}
