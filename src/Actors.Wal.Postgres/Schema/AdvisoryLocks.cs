namespace Actors.Wal.Postgres.Schema;

/// <summary>Numbers that nobody else uses for advisory locks of a database.</summary>
internal static class AdvisoryLocks
{
    public const long Migration = 0x6163746f72730001;

    /// <summary>Together with the schema.</summary>
    public const long Trim = 0x6163746f72730002;

    public const long Clustering = 0x6163746f72730003;
}
