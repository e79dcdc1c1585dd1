namespace Actors.Wal.Postgres.Schema;

/// <summary>The keys of advisory locks in a database. Nothing else may use them.</summary>
internal static class AdvisoryLocks
{
    public const long Migration = 0x6163746f72730001;

    /// <summary>Hashed together with the name of the schema.</summary>
    public const long Trim = 0x6163746f72730002;

    public const long Clustering = 0x6163746f72730003;
}
