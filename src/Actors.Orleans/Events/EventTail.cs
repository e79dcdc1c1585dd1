using Actors.Orleans.Codecs;
using Actors.Wal;

namespace Actors.Orleans.Events;

/// <summary>
/// The position of a grain's log: its version, the version of its last checkpoint, and the events since a checkpoint was last
/// tried. A failed checkpoint is tried again after as many events as before it, not on each event.
/// </summary>
/// <param name="rememberedKeys">How many idempotency keys are remembered.</param>
internal sealed class EventTail(int rememberedKeys)
{
    // About the number of small events in a segment. Events that are nearer to each other may be found by the same read.
    private const long FarRecords = 65_536;

    private Lsn _last;

    /// <summary>The keys that the last events were appended with.</summary>
    public IdempotencyWindow Keys { get; } = new(rememberedKeys);

    /// <summary>The last applied event.</summary>
    public Sequence Version { get; private set; }

    /// <summary>The last event that a checkpoint includes.</summary>
    public Sequence Saved { get; private set; }

    public int UntriedEvents { get; private set; }

    public long UntriedBytes { get; private set; }

    /// <summary>The number of places in the log, far from each other, that hold the untried events.</summary>
    public int UntriedPlaces { get; private set; }

    public bool IsSaved => Version <= Saved;

    public bool IsDue(WriteAheadLogOptions options)
        => UntriedEvents >= options.CheckpointEvents || UntriedBytes >= options.CheckpointBytes || UntriedPlaces >= options.CheckpointSpread;

    /// <summary>Starts again at a checkpoint or at the beginning.</summary>
    /// <param name="version">The checkpoint's sequence; zero for the beginning.</param>
    /// <param name="keys">The idempotency keys that the checkpoint remembers.</param>
    public void StartAt(Sequence version, IReadOnlyList<KeyValuePair<string, Sequence>>? keys = null)
    {
        Version = version;
        Saved = version;
        Try();
        Remember(keys ?? []);
    }

    /// <summary>Continues at the position of a migrated grain.</summary>
    public void Resume(EventPosition position, IReadOnlyList<KeyValuePair<string, Sequence>> keys)
    {
        Remember(keys);
        Version = new Sequence(position.Version);
        Saved = new Sequence(position.Saved);
        UntriedEvents = (int)Math.Min(int.MaxValue, position.Version - position.Saved);
        UntriedBytes = position.TailBytes;
        UntriedPlaces = position.TailPlaces;
        _last = new Lsn(position.LastLsn);
    }

    /// <summary>The LSN of the last event.</summary>
    public Lsn Last => _last;

    public void Count(Sequence version, int bytes, Lsn lsn)
    {
        Version = version;
        if (UntriedEvents++ == 0 || lsn.Value - _last.Value >= FarRecords)
            UntriedPlaces++;
        _last = lsn;
        UntriedBytes += bytes;
    }

    /// <summary>Resets the counts when a checkpoint is tried.</summary>
    public void Try()
    {
        UntriedEvents = 0;
        UntriedBytes = 0;
        UntriedPlaces = 0;
    }

    public void Save(Sequence version) => Saved = version;

    private void Remember(IReadOnlyList<KeyValuePair<string, Sequence>> keys)
    {
        Keys.Clear();
        foreach ((string key, Sequence version) in keys)
            Keys.Add(key, version);
    }
}
