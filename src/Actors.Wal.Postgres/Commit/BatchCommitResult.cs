using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

/// <summary>The result of a statement that has committed all its rows.</summary>
/// <param name="Tx">The transaction that committed them.</param>
/// <param name="Seen">The sighting for the next append to the streams; null if a row's time is later than the server's.</param>
internal readonly record struct BatchCommitResult(long Tx, Sighting? Seen);
