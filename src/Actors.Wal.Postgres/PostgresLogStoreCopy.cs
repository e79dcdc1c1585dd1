using Actors.Wal.Copying;
using Actors.Wal.Postgres.Copying;

namespace Actors.Wal.Postgres;

/// <summary>Stores in PostgreSQL as sources and targets of <see cref="LogStoreCopy"/>.</summary>
public static class PostgresLogStoreCopy
{
    /// <summary>
    /// The store of a schema, as it is when the copy begins. Silos should be stopped: what they write meanwhile is not copied,
    /// and the copy is not complete before it is run again.
    /// </summary>
    public static CopySource From(PostgresLogStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new PostgresCopySource(options);
    }

    /// <summary>A new store in a schema, which must not have one with streams. Its tables are created, and nobody can open them before the copy is complete.</summary>
    public static CopyTarget To(PostgresLogStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new PostgresCopyTarget(options);
    }
}
