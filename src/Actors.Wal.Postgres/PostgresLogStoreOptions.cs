using Npgsql;

namespace Actors.Wal.Postgres;

/// <summary>The location and the settings of a log store in PostgreSQL.</summary>
public sealed record PostgresLogStoreOptions
{
    /// <summary>The data source of the server. The store applies the settings that its sessions need.</summary>
    public required NpgsqlDataSource DataSource { get; init; }

    /// <summary>Whether the data source is closed with the store.</summary>
    public bool OwnsDataSource { get; init; }

    /// <summary>The schema that holds the log's tables; created on first use.</summary>
    public string Schema { get; init; } = "actors";

    /// <summary>
    /// The service that the store belongs to, Orleans' <c>ServiceId</c>. The first service that opens the store claims it; another service
    /// can't open it. Null, the default, opens any store.
    /// </summary>
    public string? Service { get; init; }

    /// <summary>The number of partitions, by stream, that the event table is created with; 0 for none, up to 1,024.</summary>
    public int Partitions { get; init; }

    /// <summary>The retention of streams that are opened without one.</summary>
    public Retention Retention { get; init; } = Retention.All;

    /// <summary>The largest event or state, in bytes; 1 KiB to 64 MiB. 4 MiB by default.</summary>
    public int MaxRecordBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most bytes of a statement, and of those accepted for the next; at least <see cref="MaxRecordBytes"/>. 8 MiB by default.</summary>
    public int MaxBatchBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>
    /// The most bytes of appends that wait in memory until <see cref="MaxBatchBytes"/> leaves room for them. Further appends are rejected
    /// with <see cref="StoreOverloadedException"/>. At least 64 KiB; 64 MiB by default.
    /// </summary>
    public long MaxWaitingBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long an append, a read, or the opening waits for a server that can't be reached. Then an append is rejected or its outcome is unknown, and the others fail; 1 second to 1 hour. 30 seconds by default.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the change feed looks for new records; 1 ms to 1 minute. 50 ms by default.</summary>
    public TimeSpan FeedPeriod { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How often a store looks whether others have opened its streams; 10 ms to 20 seconds. 1 second by default.</summary>
    public TimeSpan FencePeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long rows stay in the table after their stream has dropped them. An owner appends for up to 30 seconds without reading the last
    /// row, and a statement takes up to 30 more; the rows must stay longer. 2 minutes to 30 days; 10 minutes by default.
    /// </summary>
    public TimeSpan TrimAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often the store deletes such rows; 1 second to 1 day. 1 minute by default.</summary>
    public TimeSpan TrimPeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The clock for timeouts. Records have the server's time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <exception cref="ArgumentException">An option is out of range.</exception>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(DataSource);
        ArgumentException.ThrowIfNullOrWhiteSpace(Schema);
        Require(Partitions is >= 0 and <= 1024, nameof(Partitions), Partitions, "0 to 1024");
        Require(MaxRecordBytes is >= 1024 and <= 64 * 1024 * 1024, nameof(MaxRecordBytes), MaxRecordBytes, "1 KiB to 64 MiB");
        Require(MaxBatchBytes >= MaxRecordBytes && MaxBatchBytes <= 256 * 1024 * 1024, nameof(MaxBatchBytes), MaxBatchBytes, $"{nameof(MaxRecordBytes)} to 256 MiB");
        Require(MaxWaitingBytes >= 64 * 1024, nameof(MaxWaitingBytes), MaxWaitingBytes, "at least 64 KiB");
        Require(Patience >= TimeSpan.FromSeconds(1) && Patience <= TimeSpan.FromHours(1), nameof(Patience), Patience, "1 second to 1 hour");
        Require(TrimAfter >= TimeSpan.FromMinutes(2) && TrimAfter <= TimeSpan.FromDays(30), nameof(TrimAfter), TrimAfter, "2 minutes to 30 days");
        Require(TrimPeriod >= TimeSpan.FromSeconds(1) && TrimPeriod <= TimeSpan.FromDays(1), nameof(TrimPeriod), TrimPeriod, "1 second to 1 day");
        Require(FencePeriod >= TimeSpan.FromMilliseconds(10) && FencePeriod <= TimeSpan.FromSeconds(20), nameof(FencePeriod), FencePeriod, "10 ms to 20 seconds");
        Require(FeedPeriod >= TimeSpan.FromMilliseconds(1) && FeedPeriod <= TimeSpan.FromMinutes(1), nameof(FeedPeriod), FeedPeriod, "1 ms to 1 minute");
    }

    private static void Require(bool holds, string option, object value, string range)
    {
        if (!holds)
            throw new ArgumentException($"{option} is {value}; it must be {range}.");
    }
}
