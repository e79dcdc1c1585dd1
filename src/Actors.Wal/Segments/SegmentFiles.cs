using System.Globalization;
using Actors.Wal.Storage;

namespace Actors.Wal.Segments;

/// <summary>The names in a store's directory.</summary>
internal static class SegmentFiles
{
    public const string LockFile = "LOCK";
    public const string ManifestFile = "MANIFEST";
    public const string ManifestTemporary = "MANIFEST.tmp";
    public const string SegmentDirectory = "segments";
    public const string IndexDirectory = "index";
    public const string ArchiveDirectory = "archive";

    public const string SnapshotTemporary = $"{IndexDirectory}/snapshot.tmp";

    public const string ColdTemporary = $"{SegmentDirectory}/cold.tmp";

    private const string Extension = ".wal";
    private const string ColdExtension = ".cold";
    private const string SnapshotExtension = ".idx";
    private const int Digits = 10;

    public static string SegmentPath(uint number) => $"{SegmentDirectory}/{SegmentName(number)}";

    public static string SegmentName(uint number) => number.ToString("D10", CultureInfo.InvariantCulture) + Extension;

    /// <summary>Returns the path of the cold segment that replaces the segments of these numbers.</summary>
    public static string ColdPath(uint first, uint last) => string.Create(CultureInfo.InvariantCulture, $"{SegmentDirectory}/{first:D10}-{last:D10}{ColdExtension}");

    /// <summary>Lists the segments by the names of their files, in order. Other files are left out.</summary>
    public static List<SegmentName> Segments(IStorage storage)
        => [.. storage.List(SegmentDirectory).Select(ParseSegment).OfType<SegmentName>().OrderBy(n => n.First).ThenByDescending(n => n.Last).ThenByDescending(n => n.IsCold)];

    /// <summary>
    /// Deletes segments at the end, the last one first, each durably before the next. A crash in between therefore leaves no gap,
    /// which would look like a missing segment.
    /// </summary>
    public static void DeleteLast(IStorage storage, IEnumerable<uint> numbers)
    {
        foreach (uint number in numbers.OrderDescending())
        {
            storage.Delete(SegmentPath(number));
            storage.SyncDirectory(SegmentDirectory);
        }
    }

    public static string TornPath(uint segment, long offset)
        => string.Create(CultureInfo.InvariantCulture, $"{ArchiveDirectory}/torn-{segment:D10}-{offset}.bin");

    /// <summary>Returns the path of the index snapshot up to the end of a segment.</summary>
    public static string SnapshotPath(uint segment) => string.Create(CultureInfo.InvariantCulture, $"{IndexDirectory}/{segment:D10}{SnapshotExtension}");

    /// <summary>Lists the last segment of each index snapshot.</summary>
    public static IEnumerable<uint> Snapshots(IStorage storage)
        => storage.List(IndexDirectory).Select(n => ParseName(n, SnapshotExtension)).OfType<uint>();

    /// <summary>Opens a snapshot for reading; null when the store's owner has replaced it by a newer one since it was listed.</summary>
    public static IStorageFile? TryOpenSnapshot(IStorage storage, uint segment)
    {
        try
        {
            return storage.Open(SnapshotPath(segment), StorageAccess.Read);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public static uint? ParseSegmentName(string name) => ParseName(name, Extension);

    private static SegmentName? ParseSegment(string name)
    {
        if (ParseSegmentName(name) is { } number)
            return new SegmentName(number, number, false);
        return name.Length == (2 * Digits) + 1 + ColdExtension.Length
            && name[Digits] == '-'
            && ParseName(name[(Digits + 1)..], ColdExtension) is { } last
            && ParseName(string.Concat(name.AsSpan(0, Digits), ColdExtension), ColdExtension) is { } first
            && first <= last
            ? new SegmentName(first, last, true)
            : null;
    }

    private static uint? ParseName(string name, string extension)
        => name.Length == Digits + extension.Length
            && name.EndsWith(extension, StringComparison.Ordinal)
            && uint.TryParse(name.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            && number > 0
            ? number
            : null;
}

/// <summary>The parts of a segment file's name: the segment numbers, and whether it is a cold segment.</summary>
internal readonly record struct SegmentName(uint First, uint Last, bool IsCold)
{
    public string Path => IsCold ? SegmentFiles.ColdPath(First, Last) : SegmentFiles.SegmentPath(First);
}
