using System.Runtime.CompilerServices;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;

namespace Actors.Orleans.Tests.Jobs;

/// <summary>A stream whose first replay that has something to give takes a while. Later ones do not.</summary>
public sealed class SlowFirstReplay(ILogStream inner, TimeSpan delay) : ForwardingStream(inner)
{
    private int _replays;

    public override async IAsyncEnumerable<LogRecord> ReplayAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Head > Sequence.Zero && Interlocked.Increment(ref _replays) == 1)
            await Task.Delay(delay, TimeProvider.System, cancellationToken);
        await foreach (LogRecord record in base.ReplayAsync(cancellationToken))
            yield return record;
    }
}
