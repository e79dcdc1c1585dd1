using System.Collections.Immutable;
using Actors.Wal.Local;

namespace Actors.Reliability.Model;

/// <summary>
/// Compares a damaged store with its expected content. Data that it returns must be right. Reads of other data must fail as
/// damaged and name the place.
/// </summary>
internal static class DamagedCheck
{
    private const long Replay = 0;

    /// <summary>Returns the unreadable events by stream and sequence; sequence 0 stands for the replay of a stream.</summary>
    /// <exception cref="InvariantException">The store returns wrong data, or omits data without an error.</exception>
    public static HashSet<(string Stream, long Sequence)> Unreadable(LocalLogStore store, ImmutableSortedDictionary<string, ModelStream> expected)
    {
        var unreadable = new HashSet<(string, long)>();
        var listed = new Dictionary<string, StreamInfo>();
        bool isWhole = IsReadable(() =>
        {
            foreach (StreamInfo info in Ready.Each(store.ListAsync()))
                listed.Add(info.Id.Value, info);
        });
        if (listed.Keys.Except(expected.Keys).ToList() is [var unknown, ..])
            throw new InvariantException($"The store has a stream '{unknown}', which was never written or is deleted.");
        foreach ((string name, ModelStream stream) in expected)
        {
            if (!listed.TryGetValue(name, out StreamInfo info))
            {
                if (isWhole)
                    throw new InvariantException($"The store does not list stream '{name}', and says nothing of damage.");

                // The state of an open stream is in memory, so it can be found although the listing can't read it.
                if (!IsReadable(() => info = Ready.Get(store.FindAsync(new LogStreamId(name))) ?? throw new InvariantException($"The store does not have stream '{name}'.")))
                {
                    unreadable.UnionWith(Enumerable.Range(0, (int)stream.Head + 1).Select(sequence => (name, (long)sequence)));
                    continue;
                }
            }

            if (info.Head.Value != stream.Head || info.First.Value > stream.First || info.First.Value < 1 || info.Checkpoint?.Value != stream.Checkpoint)
                throw new InvariantException($"Stream '{info.Id}' is {info}; expected are head {stream.Head}, first {stream.First} or less, checkpoint {stream.Checkpoint}.");
            for (long sequence = info.First.Value; sequence <= stream.Head; sequence++)
            {
                if (!IsReadable(() => Event(store, info.Id, sequence, stream)))
                    unreadable.Add((info.Id.Value, sequence));
            }

            if (!IsReadable(() => ModelCheck.SameReplay(info.Id, Ready.Each(store.ReplayAsync(info.Id)), stream)))
                unreadable.Add((info.Id.Value, Replay));
        }

        IsReadable(() => ModelCheck.Feed(store, expected));
        return unreadable;
    }

    private static void Event(LocalLogStore store, LogStreamId stream, long sequence, ModelStream expected)
    {
        int count = 0;
        foreach (LogRecord record in Ready.Each(store.ReadAsync(stream, new Sequence(sequence), new Sequence(sequence))))
        {
            ModelCheck.SameEvent(stream, record, sequence, expected);
            count++;
        }

        if (count != 1)
            throw new InvariantException($"Stream '{stream}' gives {count} records of sequence {sequence}.");
    }

    private static bool IsReadable(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (LogCorruptException e) when (e.File.Length > 0)
        {
            return false;
        }
    }
}
