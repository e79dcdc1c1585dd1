using Actors.Wal.Postgres.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Servers;

public sealed class ServerErrorTests
{
    [Theory]
    [InlineData("ERROR", PostgresErrorCodes.DiskFull, nameof(ErrorMeaning.Full))]
    [InlineData("PANIC", PostgresErrorCodes.DiskFull, nameof(ErrorMeaning.InDoubt))]
    [InlineData("PANIC", PostgresErrorCodes.IoError, nameof(ErrorMeaning.InDoubt))]
    [InlineData("FATAL", PostgresErrorCodes.AdminShutdown, nameof(ErrorMeaning.InDoubt))]
    [InlineData("FATAL", PostgresErrorCodes.CrashShutdown, nameof(ErrorMeaning.InDoubt))]
    [InlineData("ERROR", PostgresErrorCodes.UniqueViolation, nameof(ErrorMeaning.Conflict))]
    [InlineData("ERROR", PostgresErrorCodes.DeadlockDetected, nameof(ErrorMeaning.TryAgain))]
    [InlineData("ERROR", PostgresErrorCodes.SerializationFailure, nameof(ErrorMeaning.TryAgain))]
    [InlineData("ERROR", PostgresErrorCodes.QueryCanceled, nameof(ErrorMeaning.TryAgain))]
    [InlineData("ERROR", PostgresErrorCodes.UndefinedTable, nameof(ErrorMeaning.Refused))]
    public void A_server_that_gives_itself_up_leaves_what_it_was_doing_in_doubt(string severity, string code, string meaning)
        => Assert.Equal(meaning, ServerErrors.MeaningOf(new PostgresException("text", severity, severity, code)).ToString());
}
