namespace Actors.Wal.Postgres.Streams;

/// <summary>
/// When an owner has last had a row of its own committed behind the stream's last one, and by which server. What somebody else
/// has put there since is there for <see cref="PostgresLogStoreOptions.TrimAfter"/> at least.
/// </summary>
/// <param name="Time">By the server's clock, when the statement began.</param>
/// <param name="ServerStarted">Since when that server runs: another one, or the same one with other files, has another time.</param>
/// <param name="Timestamp">By this process's clock, before the statement was sent.</param>
internal readonly record struct Sighting(DateTime Time, DateTime ServerStarted, long Timestamp);
