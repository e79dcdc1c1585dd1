namespace Actors.Wal.Postgres.Servers;

/// <summary>Waits for a server that is not there yet, or not at the moment.</summary>
internal static class ServerWait
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Does something that may be done twice, again and again while the server can't be reached.</summary>
    /// <param name="patience">For how long; then the last error goes to the caller.</param>
    /// <param name="time">The clock.</param>
    /// <param name="action">What is done.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<T> DoAsync<T>(TimeSpan patience, TimeProvider time, Func<Task<T>> action, CancellationToken cancellationToken)
    {
        long begun = time.GetTimestamp();
        for (TimeSpan pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks)))
        {
            try
            {
                return await action().ConfigureAwait(false);
            }
            catch (Exception e) when (MayComeBack(e) && time.GetElapsedTime(begun) + pause < patience)
            {
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool MayComeBack(Exception error)
        => (ServerErrors.IsUnreachable(error) || IsOfDriver(error))
            && ServerErrors.MeaningOf(error) is ErrorMeaning.TryAgain or ErrorMeaning.InDoubt;

    /// <summary>The driver says in words of its own that a connection ended between two statements. Not that its user has closed it.</summary>
    private static bool IsOfDriver(Exception error)
        => error is ObjectDisposedException { ObjectName: var name } ? !name.EndsWith("DataSource", StringComparison.Ordinal) : error is InvalidOperationException { Source: "Npgsql" };
}
