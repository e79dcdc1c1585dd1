namespace Actors.Wal.Streams;

/// <summary>
/// The readers that loaded the last streams. A replay, which nearly always follows at once, takes its stream's readers: they still hold
/// the last checkpoint and frames near the head, which are not read from the file again. Few are kept, whatever the number of open
/// streams.
/// </summary>
internal sealed class LoadedFrames
{
    private const int Slots = 64;

    // Readers that have read a large frame are not kept, so that all together hold no more than 16 MiB.
    private const int MaxWindowBytes = 256 * 1024;

    private readonly Entry?[] _slots = new Entry?[Slots];

    /// <summary>Keeps the readers that loaded a stream. They replace those of another stream.</summary>
    public void Keep(StreamState stream, StreamReaders readers)
    {
        if (readers.Events.WindowBytes + readers.Checkpoint.WindowBytes <= MaxWindowBytes)
            Volatile.Write(ref _slots[SlotOf(stream)], new Entry(stream, readers));
    }

    /// <summary>Returns the readers that loaded a stream, for one caller; null when they are not kept any more.</summary>
    public StreamReaders? Take(StreamState stream)
    {
        ref Entry? slot = ref _slots[SlotOf(stream)];
        return Volatile.Read(ref slot) is { } entry && ReferenceEquals(entry.Stream, stream) && Interlocked.CompareExchange(ref slot, null, entry) == entry
            ? entry.Readers
            : null;
    }

    private static int SlotOf(StreamState stream) => (int)(stream.Hash % Slots);

    private sealed record Entry(StreamState Stream, StreamReaders Readers);
}
