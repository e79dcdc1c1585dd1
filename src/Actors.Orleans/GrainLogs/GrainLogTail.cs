using Actors.Wal;

namespace Actors.Orleans.GrainLogs;

/// <summary>
/// Where a grain's log stands relative to its checkpoints: the version, what the last checkpoint holds, and what came
/// since one was last tried. One that failed is tried again after as many events as before it, not on each.
/// </summary>
internal sealed class GrainLogTail
{
    /// <summary>The last applied event.</summary>
    public Sequence Version { get; private set; }

    /// <summary>The last event that a checkpoint holds.</summary>
    public Sequence Saved { get; private set; }

    public int UntriedEvents { get; private set; }

    public long UntriedBytes { get; private set; }

    public bool IsSaved => Version <= Saved;

    public bool IsDue(WriteAheadLogOptions options)
        => UntriedEvents >= options.CheckpointEvents || UntriedBytes >= options.CheckpointBytes;

    /// <summary>Starts anew, at a checkpoint or at the beginning.</summary>
    public void StartAt(Sequence version)
    {
        Version = version;
        Saved = version;
        Try();
    }

    /// <summary>Takes up where a migrated grain left off.</summary>
    public void Resume(GrainLogPosition position)
    {
        Version = new Sequence(position.Version);
        Saved = new Sequence(position.Saved);
        UntriedEvents = (int)Math.Min(int.MaxValue, position.Version - position.Saved);
        UntriedBytes = position.TailBytes;
    }

    public void Count(Sequence version, int bytes)
    {
        Version = version;
        UntriedEvents++;
        UntriedBytes += bytes;
    }

    /// <summary>A checkpoint is being tried.</summary>
    public void Try()
    {
        UntriedEvents = 0;
        UntriedBytes = 0;
    }

    public void Save(Sequence version) => Saved = version;
}
