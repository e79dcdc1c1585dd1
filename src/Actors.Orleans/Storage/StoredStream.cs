using Actors.Wal;

namespace Actors.Orleans.Storage;

/// <summary>The open stream of one stored state, with what its head is: the base of the next conditional write.</summary>
internal sealed class StoredStream(ILogStream stream, StoredHead head) : OpenStream(stream)
{
    private StoredHead _head = head;

    /// <summary>The last record, as far as this provider wrote or read it.</summary>
    public StoredHead Head => Volatile.Read(ref _head);

    /// <summary>A record was written. Of several that were waiting only the last one is the head.</summary>
    /// <returns>What it is.</returns>
    public StoredHead Advance(Sequence sequence, bool exists)
    {
        var written = new StoredHead(sequence, exists);
        if (Head.Sequence < sequence)
            Volatile.Write(ref _head, written);
        return written;
    }
}

/// <summary>A stored state's head.</summary>
/// <param name="Sequence">Its sequence; zero when nothing was ever written.</param>
/// <param name="Exists">Whether a state is stored; false after a clear.</param>
internal sealed record StoredHead(Sequence Sequence, bool Exists)
{
    public static StoredHead None { get; } = new(Sequence.Zero, false);

    /// <summary>The head of a stream with this last record; null for a stream without records.</summary>
    public static StoredHead Of(LogRecord? last) => last is { } record ? new StoredHead(record.Sequence, StateRecord.Exists(record)) : None;

    /// <summary>What the grain gets as ETag; null without a stored state.</summary>
    public string? ETag => Exists ? Sequence.ToString() : null;
}
