using System.Collections.Concurrent;
using Actors.Wal;
using Microsoft.Extensions.Logging;

namespace Actors.Orleans.Quarantine;

/// <summary>The streams of a store whose grains can't be activated, and the events that an operator has told replay to skip.</summary>
internal sealed class StreamQuarantine(TimeProvider time, ILogger logger)
{
    private readonly ConcurrentDictionary<LogStreamId, QuarantinedStream> _streams = new();

    public IReadOnlyCollection<QuarantinedStream> Streams => [.. _streams.Values.OrderBy(s => s.Since)];

    /// <summary>Quarantines a stream after its activation failed. Errors that name no record of the stream are ignored.</summary>
    public void Enter(LogStreamId stream, Exception error)
    {
        if (VersionOf(error) is not { } version)
            return;
        var entered = new QuarantinedStream(stream.Value, version.Value, error.Message, time.GetUtcNow());
        if (_streams.TryAdd(stream, entered))
            Metrics.Quarantined.Add(1);
        else
            _streams.AddOrUpdate(stream, entered, (_, before) => entered with { Since = before.Since });
        Log.Quarantined(logger, stream, version, error);
    }

    /// <summary>Ends the quarantine of a stream after an activation succeeded.</summary>
    public void Leave(LogStreamId stream)
    {
        if (!_streams.IsEmpty && _streams.TryRemove(stream, out _))
        {
            Metrics.Quarantined.Add(-1);
            Log.QuarantineLeft(logger, stream);
        }
    }

    /// <summary>
    /// Reads which events of a stream are to be skipped. The store is asked each time an event can't be decoded or applied: that is rare,
    /// and an operator may have told another silo a moment ago.
    /// </summary>
    public static async Task<HashSet<Sequence>> SkippedAsync(ILogStore store, LogStreamId stream)
    {
        var skipped = new HashSet<Sequence>();
        foreach (SkippedEvent told in (await SkippedEvents.ReadAsync(store)).Where(s => s.Stream == stream))
        {
            await foreach (LogRecord record in store.ReadAsync(stream, told.Sequence, told.Sequence))
            {
                if (told.IsOf(record))
                    skipped.Add(told.Sequence);
            }
        }

        return skipped;
    }

    /// <summary>Tells all readers of the store to skip an event.</summary>
    public async Task SkipAsync(ILogStore store, LogStreamId stream, Sequence version, string reason)
    {
        await SkippedEvents.AddAsync(store, new SkippedEvent(stream, version, reason, time.GetUtcNow()));
        Log.SkipTold(logger, stream, version, reason);
    }

    /// <summary>Takes a skip back.</summary>
    public async Task UnskipAsync(ILogStore store, LogStreamId stream, Sequence version, string reason)
    {
        await SkippedEvents.RemoveAsync(store, new SkippedEvent(stream, version, reason, time.GetUtcNow()));
        Log.SkipTakenBack(logger, stream, version, reason);
    }

    /// <summary>Logs that an activation rebuilds its state from the events.</summary>
    public void Rebuilding(LogStreamId stream, Sequence checkpoint, Sequence last, string reason) => Log.Rebuilding(logger, stream, checkpoint, last, reason);

    /// <summary>Logs that an event was skipped.</summary>
    public void Skipped(LogStreamId stream, Sequence sequence) => Log.EventSkipped(logger, stream, sequence);

    /// <summary>Returns the event that could not be decoded or applied, or the checkpoint that could not be used; null for another error.</summary>
    public static Sequence? VersionOf(Exception error) => error switch
    {
        GrainLogApplyException e => new Sequence(e.Version),
        GrainLogDecodeException e => new Sequence(e.Version),
        GrainLogCheckpointException e => new Sequence(e.Version),
        _ => null,
    };
}
