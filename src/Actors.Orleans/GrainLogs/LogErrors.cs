using Actors.Wal;
using Orleans.Storage;

namespace Actors.Orleans.GrainLogs;

/// <summary>What the log's errors are to a grain.</summary>
internal static class LogErrors
{
    /// <summary>Another activation has opened the stream.</summary>
    public static Exception Overtaken(ILogStream stream)
        => Translate(new FencedException(stream.Id, stream.Epoch, "another activation has opened the stream."));

    /// <summary>Makes conflicts and lost ownership what Orleans deactivates a stale activation for.</summary>
    public static Exception Translate(Exception error)
    {
        if (error is FencedException)
            Metrics.Fenced.Add(1);
        return error switch
        {
            SequenceConflictException e => new InconsistentStateException(e.Message, e.Actual.ToString(), e.Expected.ToString(), e),
            FencedException e => new InconsistentStateException(e.Message, e),
            _ => error,
        };
    }
}
