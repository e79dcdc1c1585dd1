namespace Actors.Orleans.Streams;

/// <summary>The retry limit and pauses for silos that write to one stream and fence each other. Random pauses let each silo write.</summary>
internal static class FencedRetry
{
    public const int MostAttempts = 30;

    private const int PauseMsPerAttempt = 5;

    public static Task PauseAsync(int attempt, TimeProvider time, CancellationToken cancellationToken = default)
        => Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(PauseMsPerAttempt * (attempt - 1))), time, cancellationToken);
}
