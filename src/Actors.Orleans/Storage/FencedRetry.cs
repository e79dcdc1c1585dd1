namespace Actors.Orleans.Storage;

/// <summary>Silos that write to one stream fence each other. Each tries again, from the second time on after a random pause, so that each gets to write.</summary>
internal static class FencedRetry
{
    public const int MostAttempts = 30;

    private const int PauseMsPerAttempt = 5;

    public static Task PauseAsync(int attempt, TimeProvider time, CancellationToken cancellationToken = default)
        => Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(PauseMsPerAttempt * (attempt - 1))), time, cancellationToken);
}
