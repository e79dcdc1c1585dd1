using Npgsql;

namespace Actors.Wal.Postgres.Servers;

/// <summary>What an error of the server or of the connection says about the statement that met it.</summary>
internal enum ErrorMeaning
{
    /// <summary>Somebody else has a place that a row was to take; nothing of the statement is committed.</summary>
    Conflict,

    /// <summary>Nothing is committed, and the same statement may succeed if sent again.</summary>
    TryAgain,

    /// <summary>Nothing is committed, and the server has no room.</summary>
    Full,

    /// <summary>Nothing is committed, and sending it again would not help.</summary>
    Refused,

    /// <summary>The answer is missing; the statement may be committed, or be committed yet.</summary>
    InDoubt,
}

internal static class ServerErrors
{
    public static ErrorMeaning MeaningOf(Exception error) => error switch
    {
        // The server crashes over it, perhaps because there was no room behind a commit that it had written: recovery tells.
        PostgresException { InvariantSeverity: "PANIC" } => ErrorMeaning.InDoubt,
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } => ErrorMeaning.Conflict,
        PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable } => ErrorMeaning.TryAgain,
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.QueryCanceled } => ErrorMeaning.TryAgain,
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => ErrorMeaning.Full,

        // The session ended, perhaps while it waited for a standby to confirm what it had committed.
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.IdleSessionTimeout } => ErrorMeaning.InDoubt,

        // A login that is refused comes before any statement.
        PostgresException { SqlState: ['2', '8', ..] or PostgresErrorCodes.InvalidCatalogName } => ErrorMeaning.Refused,

        // The connection ended with it: the server's, or that of a pooler to the server, which may have had the statement.
        PostgresException { InvariantSeverity: "FATAL" } or PostgresException { SqlState: ['0', '8', ..] } => ErrorMeaning.InDoubt,
        PostgresException { IsTransient: true } => ErrorMeaning.TryAgain,
        PostgresException => ErrorMeaning.Refused,
        NpgsqlException or IOException or TimeoutException or OperationCanceledException or ObjectDisposedException or InvalidOperationException => ErrorMeaning.InDoubt,
        _ => ErrorMeaning.InDoubt,
    };

    /// <summary>Whether a connection could not be made, so that nothing was sent, and another try makes sense: not with a wrong password or certificate file.</summary>
    public static bool IsUnreachable(Exception error)
        => error is not PostgresException { SqlState: [ '2', '8', ..] }
            && (error is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException || IsGarbled(error))
            && !IsMissingFile(error);

    /// <summary>
    /// Whether an answer was no answer. A pooler whose session ends in the middle of one writes an error of its own into it, and the driver
    /// reads that as data.
    /// </summary>
    private static bool IsGarbled(Exception error)
        => error is FormatException or InvalidCastException or OverflowException or IndexOutOfRangeException or ArgumentOutOfRangeException or System.Text.DecoderFallbackException;

    private static bool IsMissingFile(Exception error)
        => error is FileNotFoundException or DirectoryNotFoundException || (error.InnerException is { } inner && IsMissingFile(inner));
}
