namespace Actors.Reliability.Layers;

/// <summary>What the crash layer tried.</summary>
internal sealed class CrashCounts
{
    /// <summary>Workloads that were run, each with one seed.</summary>
    public long Workloads { get; set; }

    /// <summary>Moments at which the power was cut: between two operations.</summary>
    public long Points { get; set; }

    /// <summary>Disks that a crash left behind.</summary>
    public long Images { get; set; }

    /// <summary>Disks that a second crash, during recovery, left behind.</summary>
    public long ImagesOfRecovery { get; set; }

    /// <summary>Of both, those with the same bytes as one that was recovered before, which stands for them.</summary>
    public long Equal { get; set; }

    /// <summary>Recovered logs that went on, were closed, and were opened again.</summary>
    public long Continued { get; set; }

    /// <summary>Recoveries that reported a torn tail.</summary>
    public long Torn { get; set; }

    /// <summary>Segments that compaction replaced while the power was cut at every step.</summary>
    public long Compacted { get; set; }

    /// <summary>Backups that were made while the power was cut, and compared with the model.</summary>
    public long Backups { get; set; }

    /// <summary>Backups that were restored to some record, and compared.</summary>
    public long Restored { get; set; }

    /// <summary>Segments that the archive took.</summary>
    public long Archived { get; set; }

    public long AllImages => Images + ImagesOfRecovery;

    public void Add(CrashCounts other)
    {
        Workloads += other.Workloads;
        Points += other.Points;
        Images += other.Images;
        ImagesOfRecovery += other.ImagesOfRecovery;
        Equal += other.Equal;
        Continued += other.Continued;
        Torn += other.Torn;
        Compacted += other.Compacted;
        Backups += other.Backups;
        Restored += other.Restored;
        Archived += other.Archived;
    }
}
