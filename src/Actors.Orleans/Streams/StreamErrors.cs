using Actors.Wal;
using Orleans.Storage;

namespace Actors.Orleans.Streams;

/// <summary>Translates the log's errors for a grain.</summary>
internal static class StreamErrors
{
    /// <summary>Turns conflicts and fencing into the exception for which Orleans deactivates an activation whose state is old.</summary>
    public static Exception Translate(Exception error)
    {
        if (error is FencedException)
            Metrics.FencedWrites.Add(1);
        return error switch
        {
            SequenceConflictException e => new InconsistentStateException(e.Message, e.Actual.ToString(), e.Expected.ToString(), e),
            FencedException e => new InconsistentStateException(e.Message, e),
            _ => error,
        };
    }

    /// <summary>Waits for a call to the log, and translates its error.</summary>
    public static async ValueTask<T> TranslateAsync<T>(ValueTask<T> call)
    {
        try
        {
            return await call;
        }
        catch (Exception e)
        {
            throw Translate(e);
        }
    }

    /// <inheritdoc cref="TranslateAsync{T}"/>
    public static async ValueTask TranslateAsync(ValueTask call)
    {
        try
        {
            await call;
        }
        catch (Exception e)
        {
            throw Translate(e);
        }
    }
}
