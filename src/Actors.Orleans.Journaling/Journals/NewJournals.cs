using System.Collections.Concurrent;
using Actors.Wal;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>
/// The journals that this silo is creating. The listing of journals waits for each of them until its creator works with it: Orleans'
/// durable jobs create a shard, open it, and only then note that it is open. A search for shards between the first two steps and the
/// third opens the shard a second time. Orleans then runs the second opening, and jobs are added to the first.
/// </summary>
internal sealed class NewJournals(TimeProvider time)
{
    private static readonly TimeSpan LongestUntilRead = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestAfterRead = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // When the listing no longer waits for a journal, as a timestamp of the clock.
    private readonly ConcurrentDictionary<LogStreamId, long> _waits = [];

    /// <summary>Notes that a journal is about to be created.</summary>
    public void Add(LogStreamId journal) => _waits[journal] = Until(LongestUntilRead);

    /// <summary>Shortens the wait for a journal that was read: its creator continues soon.</summary>
    public void NoteRead(LogStreamId journal)
    {
        if (!_waits.IsEmpty && _waits.TryGetValue(journal, out long until))
            _waits.TryUpdate(journal, Math.Min(until, Until(LongestAfterRead)), until);
    }

    /// <summary>Ends the wait for a journal that was written to, deleted, or not created.</summary>
    public void Remove(LogStreamId journal)
    {
        if (!_waits.IsEmpty)
            _waits.TryRemove(journal, out _);
    }

    /// <summary>Waits while this silo is creating a journal, 5 s at most: reads never extend the wait.</summary>
    public async ValueTask WaitAsync(LogStreamId journal, CancellationToken cancellationToken)
    {
        if (_waits.IsEmpty)
            return;
        while (_waits.TryGetValue(journal, out long until))
        {
            if (time.GetTimestamp() >= until)
                Remove(journal);
            else
                await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private long Until(TimeSpan wait) => time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
}
