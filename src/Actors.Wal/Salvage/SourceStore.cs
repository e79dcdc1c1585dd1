using Actors.Wal.Format;
using Actors.Wal.Recovery;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Salvage;

/// <summary>
/// The files of a damaged store, and the id that seeds all its checksums. The id is taken from the manifest and from headers that
/// validate with the id that they state.
/// </summary>
internal sealed class SourceStore
{
    private const int StoreIdOffset = 24;

    private readonly byte[] _sector = new byte[Layout.SectorBytes];

    private SourceStore(IStorage storage)
    {
        Storage = storage;
        Names = SegmentFiles.Segments(storage);
    }

    public IStorage Storage { get; }

    /// <summary>The segment files in order. A cold segment comes before those that it replaces.</summary>
    public IReadOnlyList<SegmentName> Names { get; }

    public Guid StoreId { get; private init; }

    public ulong StoreSeed { get; private init; }

    /// <summary>The manifest; null when it is missing or does not validate.</summary>
    public Manifest? Manifest { get; private init; }

    /// <summary>The damage of the manifest; null when there is none.</summary>
    public DamagedArea? ManifestDamage { get; private init; }

    /// <summary>The last segment that was started, by the manifest or an index snapshot; 0 when none says so.</summary>
    public uint Started { get; private set; }

    /// <summary>Opens a damaged store and finds its id.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no store.</exception>
    /// <exception cref="LogCorruptException">Neither the manifest nor any header gives the store's id.</exception>
    public static SourceStore Open(IStorage storage)
    {
        var files = new SourceStore(storage);
        if (files.Names.Count == 0 && !storage.Exists(SegmentFiles.ManifestFile))
            throw new DirectoryNotFoundException($"There is no store in '{storage.Root}': it has neither a file named {SegmentFiles.ManifestFile} nor segments.");
        Manifest? manifest = null;
        DamagedArea? damage = null;
        try
        {
            manifest = StoreDirectory.Read(storage);
        }
        catch (FileNotFoundException)
        {
            damage = new DamagedArea(SegmentFiles.ManifestFile, 0, 0, 0, "The manifest is missing. Whether whole segments are missing at the end can't be told without it.");
        }
        catch (LogStoreException)
        {
            damage = new DamagedArea(SegmentFiles.ManifestFile, 0, Format.Manifest.SizeBytes, 0, "The manifest does not validate. Whether whole segments are missing at the end can't be told without it.");
        }

        Guid id = files.FindStoreId(manifest)
            ?? throw new LogCorruptException("Neither the manifest nor any header of a segment or a snapshot of the index validates, and no checksum can be computed without the store's id that they have.", SegmentFiles.ManifestFile, 0);
        var source = new SourceStore(storage) { StoreId = id, StoreSeed = Checksum.StoreSeed(id), Manifest = manifest, ManifestDamage = damage };
        source.FindStarted();
        return source;
    }

    /// <summary>Opens a file whose unreadable sectors read as zeros.</summary>
    public IStorageFile OpenFile(SegmentName name) => new ReadableFile(Storage.Open(name.Path, StorageAccess.Read));

    /// <summary>Returns the end of a segment, as the header of the next segment states it; null when none does.</summary>
    public Predecessor? EndOf(SegmentName name)
    {
        foreach (SegmentName next in Names)
        {
            if (next.First != name.Last + 1)
                continue;
            ReadOnlySpan<byte> sector = FirstSector(next.Path);
            Predecessor? end = next.IsCold
                ? ColdSegmentHeader.Read(sector, next.First, next.Last, StoreId, StoreSeed)?.Predecessor
                : SegmentHeader.Read(sector, next.First, StoreId, StoreSeed, out _)?.Predecessor;
            if (end is { } known && known.Segment == name.Last)
                return known;
        }

        return null;
    }

    /// <summary>Returns the id with which most headers validate. The manifest counts as one of them, and decides a tie.</summary>
    private Guid? FindStoreId(Manifest? manifest)
    {
        IEnumerable<Guid?> stated =
        [
            manifest?.StoreId,
            .. Names.Select(StatedId),
            .. SegmentFiles.Snapshots(Storage).Select(StatedId),
        ];
        return stated.OfType<Guid>().GroupBy(id => id).MaxBy(g => (g.Count(), g.Key == manifest?.StoreId))?.Key;
    }

    private Guid? StatedId(SegmentName name)
    {
        ReadOnlySpan<byte> sector = FirstSector(name.Path);
        if (sector.Length < Layout.SectorBytes)
            return null;
        var id = new Guid(sector.Slice(StoreIdOffset, 16));
        ulong seed = Checksum.StoreSeed(id);
        bool isValid = name.IsCold
            ? ColdSegmentHeader.Read(sector, name.First, name.Last, id, seed) is not null
            : SegmentHeader.Read(sector, name.First, id, seed, out _) is not null;
        return isValid ? id : null;
    }

    private Guid? StatedId(uint snapshot)
    {
        ReadOnlySpan<byte> sector = FirstSector(SegmentFiles.SnapshotPath(snapshot));
        if (sector.Length < Layout.SectorBytes)
            return null;
        var id = new Guid(sector.Slice(StoreIdOffset, 16));
        return IndexSnapshotHeader.Read(sector, snapshot, id, Checksum.StoreSeed(id)) is not null ? id : null;
    }

    private void FindStarted()
    {
        Started = Manifest is { } manifest && manifest.StoreId == StoreId ? manifest.OpenSegment : 0;
        // A snapshot includes only segments that have a successor.
        foreach (uint snapshot in SegmentFiles.Snapshots(Storage))
        {
            if (snapshot >= Started && StatedId(snapshot) == StoreId)
                Started = snapshot + 1;
        }
    }

    private ReadOnlySpan<byte> FirstSector(string path)
    {
        using var file = new ReadableFile(Storage.Open(path, StorageAccess.Read));
        return _sector.AsSpan(0, file.Read(_sector, 0));
    }
}
