using Actors.Orleans.Streams;
using Actors.Wal;

namespace Actors.Orleans.GrainStorage;

/// <summary>The open stream of one stored state, and its known head, which the next conditional write expects.</summary>
internal sealed class StoredStream(ILogStream stream, StoredHead head) : OpenStream(stream)
{
    private StoredHead _head = head;

    /// <summary>The last record that this provider has written or read.</summary>
    public StoredHead Head => Volatile.Read(ref _head);

    /// <summary>Notes a written record as the head, unless a later record is the head already.</summary>
    /// <returns>The written record as a head.</returns>
    public StoredHead Advance(Sequence sequence, bool exists)
    {
        var written = new StoredHead(sequence, exists);
        if (Head.Sequence < sequence)
            Volatile.Write(ref _head, written);
        return written;
    }
}

/// <summary>A stored state's head.</summary>
/// <param name="Sequence">The head's sequence; zero when nothing was ever written.</param>
/// <param name="Exists">Whether a state is stored; false after a clear.</param>
internal sealed record StoredHead(Sequence Sequence, bool Exists)
{
    public static StoredHead None { get; } = new(Sequence.Zero, false);

    /// <summary>Returns the head of a stream with this last record; <see cref="None"/> for a stream without records.</summary>
    public static StoredHead Of(LogRecord? last) => last is { } record ? new StoredHead(record.Sequence, StateRecord.Exists(record)) : None;

    /// <summary>The ETag for the grain; null without a stored state.</summary>
    public string? ETag => Exists ? Sequence.ToString() : null;
}
