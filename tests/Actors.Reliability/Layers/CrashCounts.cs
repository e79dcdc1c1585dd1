namespace Actors.Reliability.Layers;

/// <summary>The counts of the crash layer.</summary>
internal sealed class CrashCounts
{
    /// <summary>Workloads that ran, each with one seed.</summary>
    public long Workloads { get; set; }

    /// <summary>Points between two operations at which the power was cut.</summary>
    public long Points { get; set; }

    /// <summary>Disk images after a crash.</summary>
    public long Images { get; set; }

    /// <summary>Disk images after a second crash, during recovery.</summary>
    public long ImagesOfRecovery { get; set; }

    /// <summary>Images of both kinds that equal one that was recovered before, and were not recovered again.</summary>
    public long Equal { get; set; }

    /// <summary>Recovered logs that took more appends, were closed, and were opened again.</summary>
    public long Continued { get; set; }

    /// <summary>Recoveries that reported a torn tail.</summary>
    public long Torn { get; set; }

    /// <summary>Segments that compaction replaced while the power was cut at every operation.</summary>
    public long Compacted { get; set; }

    /// <summary>Backups that were made while the power was cut, and were compared with the model.</summary>
    public long Backups { get; set; }

    /// <summary>Backups that were restored to some record, and were compared.</summary>
    public long Restored { get; set; }

    /// <summary>Segments that were archived.</summary>
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
