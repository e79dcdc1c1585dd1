using Npgsql;

namespace Actors.Wal.Postgres.Servers;

/// <summary>The meaning of an error of the server or the connection for the statement that got it.</summary>
internal enum ErrorMeaning
{
    /// <summary>A row exists at a position where the statement was to insert one; nothing of the statement is committed.</summary>
    Conflict,

    /// <summary>Nothing is committed, and the same statement may succeed if sent again.</summary>
    TryAgain,

    /// <summary>Nothing is committed, because the server has no disk space.</summary>
    Full,

    /// <summary>Nothing is committed, and sending it again would not help.</summary>
    Refused,

    /// <summary>The answer is missing. The statement may be committed, or may still become so.</summary>
    InDoubt,
}

internal static class ServerErrors
{
    public static ErrorMeaning MeaningOf(Exception error) => error switch
    {
        // The server crashes, perhaps because the disk was full after it had written the commit. Its recovery decides the outcome.
        PostgresException { InvariantSeverity: "PANIC" } => ErrorMeaning.InDoubt,
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } => ErrorMeaning.Conflict,
        PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable } => ErrorMeaning.TryAgain,
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.QueryCanceled } => ErrorMeaning.TryAgain,
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => ErrorMeaning.Full,

        // The session ended, perhaps while it waited for a standby to confirm its commit.
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.IdleSessionTimeout } => ErrorMeaning.InDoubt,

        // The server refused the login, which comes before any statement.
        PostgresException { SqlState: ['2', '8', ..] or PostgresErrorCodes.InvalidCatalogName } => ErrorMeaning.Refused,

        // The connection ended: the one to the server, or that of a pooler to the server. The server may have received the statement.
        PostgresException { InvariantSeverity: "FATAL" } or PostgresException { SqlState: ['0', '8', ..] } => ErrorMeaning.InDoubt,
        PostgresException { IsTransient: true } => ErrorMeaning.TryAgain,
        PostgresException => ErrorMeaning.Refused,
        NpgsqlException or IOException or TimeoutException or OperationCanceledException or ObjectDisposedException or InvalidOperationException => ErrorMeaning.InDoubt,
        _ => ErrorMeaning.InDoubt,
    };

    /// <summary>Returns the text of an error as sentences, with what to do where the server or the driver does not say it.</summary>
    public static string Explain(Exception error)
    {
        string text = error is PostgresException refusal ? $"{refusal.SqlState}: {refusal.MessageText}" : error.Message;
        return text.TrimEnd('.') + error switch
        {
            PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } => ". Give the user of the connection string the rights on the schema and its tables that their owner has.",
            PostgresException { SqlState: PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.NotNullViolation } => ". The tables are not as this release made them; restore the schema from a backup.",
            PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } => ". Look for a statement_timeout of the server, the database or the user.",
            PostgresException { SqlState: PostgresErrorCodes.DiskFull } => ". Make room on the server's disk.",
            PostgresException { SqlState: ['2', '8', ..] or PostgresErrorCodes.InvalidCatalogName } => ". Check the connection string.",
            NpgsqlException and not PostgresException => ". Check that the server runs and can be reached from here.",
            _ => ".",
        };
    }

    /// <summary>Returns whether the server could not be reached and a retry makes sense: not with a wrong password or a missing file.</summary>
    public static bool IsUnreachable(Exception error)
        => error is not PostgresException { SqlState: [ '2', '8', ..] }
            && (error is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException || IsGarbled(error) || IsEndedConnection(error))
            && !IsMissingFile(error);

    /// <summary>Returns whether an answer could not be parsed: a pooler whose server session ended has written its own error into it.</summary>
    private static bool IsGarbled(Exception error)
        => error is FormatException or InvalidCastException or OverflowException or IndexOutOfRangeException or ArgumentOutOfRangeException or System.Text.DecoderFallbackException;

    /// <summary>Returns whether the driver refused to use a connection that had ended since its last use. It says so as if the caller had closed it.</summary>
    private static bool IsEndedConnection(Exception error) => error is InvalidOperationException { Source: "Npgsql", Message: "Connection is not open" };

    private static bool IsMissingFile(Exception error)
        => error is FileNotFoundException or DirectoryNotFoundException || (error.InnerException is { } inner && IsMissingFile(inner));
}
