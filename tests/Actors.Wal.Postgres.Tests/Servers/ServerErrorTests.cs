using Actors.Wal.Postgres.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Servers;

public sealed class ServerErrorTests(TestServer server)
{
    [Theory]
    [InlineData("PANIC", PostgresErrorCodes.DiskFull)]
    [InlineData("PANIC", PostgresErrorCodes.IoError)]
    [InlineData("FATAL", PostgresErrorCodes.AdminShutdown)]
    [InlineData("FATAL", PostgresErrorCodes.CrashShutdown)]
    public void A_server_that_goes_down_leaves_what_it_was_committing_in_doubt(string severity, string code)
        => Assert.Equal(ErrorMeaning.InDoubt, ServerErrors.MeaningOf(new PostgresException("text", severity, severity, code)));

    [Theory]
    [InlineData(PostgresErrorCodes.UniqueViolation, nameof(ErrorMeaning.Conflict))]
    [InlineData(PostgresErrorCodes.DiskFull, nameof(ErrorMeaning.Full))]
    [InlineData(PostgresErrorCodes.DeadlockDetected, nameof(ErrorMeaning.TryAgain))]
    [InlineData(PostgresErrorCodes.SerializationFailure, nameof(ErrorMeaning.TryAgain))]
    [InlineData(PostgresErrorCodes.QueryCanceled, nameof(ErrorMeaning.TryAgain))]
    [InlineData(PostgresErrorCodes.UndefinedTable, nameof(ErrorMeaning.Refused))]
    public void A_statement_that_ended_with_an_error_has_committed_nothing(string code, string meaning)
        => Assert.Equal(meaning, ServerErrors.MeaningOf(new PostgresException("text", "ERROR", "ERROR", code)).ToString());

    [Fact]
    public void Only_a_server_that_may_come_back_is_waited_for()
    {
        Assert.True(ServerErrors.IsUnreachable(new NpgsqlException("text", new IOException())));
        Assert.True(ServerErrors.IsUnreachable(new PostgresException("text", "FATAL", "FATAL", PostgresErrorCodes.CannotConnectNow)));
        Assert.False(ServerErrors.IsUnreachable(new PostgresException("text", "FATAL", "FATAL", PostgresErrorCodes.InvalidPassword)));
        Assert.False(ServerErrors.IsUnreachable(new FileNotFoundException()));
        Assert.False(ServerErrors.IsUnreachable(new NpgsqlException("text", new DirectoryNotFoundException())));
        Assert.False(ServerErrors.IsUnreachable(new ArgumentException()));
    }

    /// <summary>The driver's own error, so that a release of it with another text is noticed.</summary>
    [Fact]
    public async Task A_connection_that_ended_before_it_was_used_is_waited_for()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(server.ConnectionString);
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await connection.CloseAsync();
        InvalidOperationException ended = await Assert.ThrowsAsync<InvalidOperationException>(() => connection.BeginTransactionAsync(TestContext.Current.CancellationToken).AsTask());
        Assert.True(ServerErrors.IsUnreachable(ended));
        Assert.False(ServerErrors.IsUnreachable(new InvalidOperationException(ended.Message)));
    }
}
