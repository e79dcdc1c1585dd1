namespace Actors.Wal.Postgres.Servers;

/// <summary>Waits for a server that is not up yet, or cannot be reached at the moment.</summary>
internal static class ServerWait
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Repeats an action while the server can't be reached. The action may be done more than once.</summary>
    /// <param name="patience">How long the action is repeated; then the last error is thrown.</param>
    /// <param name="time">The clock.</param>
    /// <param name="action">The action.</param>
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

    /// <summary>Returns whether the driver itself reports that a connection ended between statements. A closed data source does not count.</summary>
    private static bool IsOfDriver(Exception error)
        => error is ObjectDisposedException { ObjectName: var name } ? !name.EndsWith("DataSource", StringComparison.Ordinal) : error is InvalidOperationException { Source: "Npgsql" };
}
