namespace Actors.Reliability.Disk;

/// <summary>Operations of a disk that fail.</summary>
/// <param name="Name">The error's name.</param>
/// <param name="Errno">The error's number.</param>
/// <param name="Operations">How many fail, one after the other.</param>
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

    /// <summary>A process or a system that has too many files open, or too little memory: no file can be opened, old or new.</summary>
    public static IReadOnlyList<DiskFault> Shortages { get; } =
    [
        new("EMFILE", 24, 1),
        new("ENFILE for a while", 23, 6),
        new("ENOMEM for a while", 12, 6),
    ];

    /// <summary>Lets a disk fail from its k-th opening of a file on.</summary>
    public void PlantAtOpening(SimulatedDisk disk, int first)
        => disk.BeforeOpening = path =>
        {
            if (disk.Openings >= first && disk.Openings - first < Operations)
                throw new IOException($"{Name} at opening {disk.Openings}, {path}.", Errno);
        };

    /// <summary>Lets a disk fail from its k-th operation on.</summary>
    public void Plant(SimulatedDisk disk, int first)
        => disk.Before = operation =>
        {
            if (disk.Operations >= first && disk.Operations - first < Operations)
                throw new IOException($"{Name} at operation {disk.Operations}, {operation}.", Errno);
        };
}
