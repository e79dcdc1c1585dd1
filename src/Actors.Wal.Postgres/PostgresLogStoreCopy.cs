using Actors.Wal.Copying;
using Actors.Wal.Postgres.Copying;

namespace Actors.Wal.Postgres;

/// <summary>Stores in PostgreSQL as sources and targets of <see cref="LogStoreCopy"/>.</summary>
internal static class PostgresLogStoreCopy
{
    /// <summary>
    /// Names the store of a schema as the source, as it is when the copy begins. Silos should be stopped: records that they write during
    /// the copy are not copied, and the copy is not complete until it is run again.
    /// </summary>
    public static CopySource From(PostgresLogStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new PostgresCopySource(options);
    }

    /// <summary>Names a new store as the target. Its schema must have no store with streams. It can't be opened until the copy is complete.</summary>
    public static CopyTarget To(PostgresLogStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new PostgresCopyTarget(options);
    }
}
