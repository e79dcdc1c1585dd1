using Actors.Wal;
using Orleans.Storage;

namespace Actors.Orleans.GrainLogs;

/// <summary>Translates the log's errors for a grain.</summary>
internal static class LogErrors
{
    /// <summary>Returns the error for a stream that another activation has taken over.</summary>
    public static Exception Overtaken(ILogStream stream)
        => Translate(new FencedException(stream.Id, stream.Epoch, "another activation has opened the stream."));

    /// <summary>Turns conflicts and lost ownership into the exception for which Orleans deactivates a stale activation.</summary>
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
