using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

/// <summary>All rows of a statement are committed.</summary>
/// <param name="Tx">By this transaction.</param>
/// <param name="Seen">What their streams may rely on next time; null if a row's time is ahead of the server's.</param>
internal readonly record struct Committed(long Tx, Sighting? Seen);
