using System.Diagnostics;
using Actors.Bank;

namespace Actors.ClientDemo.Running;

/// <summary>Repeats the calls of a client that get no answer, or an error other than the account's refusal.</summary>
/// <param name="limit">How long a call is repeated; zero to give up at once.</param>
internal sealed class Patience(TimeSpan limit)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private long _repeated;

    /// <summary>A limit that lets a cluster detect a dead silo, and lets that silo return.</summary>
    public static Patience OfClusters() => new(TimeSpan.FromMinutes(4));

    public static Patience None() => new(TimeSpan.Zero);

    /// <summary>The number of repeated calls.</summary>
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
