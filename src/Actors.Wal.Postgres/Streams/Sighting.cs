namespace Actors.Wal.Postgres.Streams;

/// <summary>
/// When, and on which server, an owner last committed a row behind the stream's last one. A row that another owner has inserted there since
/// stays for at least <see cref="PostgresLogStoreOptions.TrimAfter"/>.
/// </summary>
/// <param name="Time">The server's time when the statement began.</param>
/// <param name="ServerStarted">When that server started. Another server, or the same one with other files, has another time.</param>
/// <param name="Timestamp">This process's clock before the statement was sent.</param>
internal readonly record struct Sighting(DateTime Time, DateTime ServerStarted, long Timestamp);
