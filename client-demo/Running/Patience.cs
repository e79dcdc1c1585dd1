using System.Diagnostics;
using Actors.Bank;

namespace Actors.ClientDemo.Running;

/// <summary>How a client of a cluster calls: what goes unanswered, or is answered with an error of the cluster, is asked again.</summary>
/// <param name="limit">For how long; zero to give up at once.</param>
internal sealed class Patience(TimeSpan limit)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private long _repeated;

    /// <summary>Long enough for a cluster to find out that a silo is gone, and for that silo to come back.</summary>
    public static Patience OfClusters() => new(TimeSpan.FromMinutes(4));

    public static Patience None() => new(TimeSpan.Zero);

    /// <summary>Calls that were made again.</summary>
    public long Repeated => Interlocked.Read(ref _repeated);

    public async Task<T> AskAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await call().WaitAsync(cancellationToken);
            }
            catch (Exception e) when (e is not AccountException && !cancellationToken.IsCancellationRequested && Stopwatch.GetElapsedTime(started) < limit)
            {
                Interlocked.Increment(ref _repeated);
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }
}
