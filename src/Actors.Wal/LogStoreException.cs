namespace Actors.Wal;

/// <summary>The base of every error that a log store reports.</summary>
public abstract class LogStoreException : IOException
{
    private protected LogStoreException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>Nothing was written; the call can be repeated once the cause of the rejection is gone.</summary>
public class AppendRejectedException : LogStoreException
{
    /// <summary>Reports a rejected append.</summary>
    public AppendRejectedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>The stream's head is not the one that the caller expected.</summary>
public sealed class SequenceConflictException : AppendRejectedException
{
    /// <summary>Reports a head other than the expected one.</summary>
    public SequenceConflictException(LogStreamId stream, Sequence expected, Sequence actual)
        : base($"Stream '{stream}' is at sequence {actual}, not at the expected {expected}; nothing was written. Read the new events and decide again.")
    {
        Stream = stream;
        Expected = expected;
        Actual = actual;
    }

    /// <summary>The stream.</summary>
    public LogStreamId Stream { get; }

    /// <summary>The head that the caller expected.</summary>
    public Sequence Expected { get; }

    /// <summary>The head that the stream has.</summary>
    public Sequence Actual { get; }
}

/// <summary>Another owner opened the stream, or it was deleted: this owner can no longer append.</summary>
public sealed class FencedException : AppendRejectedException
{
    /// <summary>Reports a lost ownership.</summary>
    public FencedException(LogStreamId stream, Epoch epoch, string reason)
        : base($"Stream '{stream}', owner epoch {epoch}: {reason} Nothing was written; open the stream again to append.")
    {
        Stream = stream;
        Epoch = epoch;
    }

    /// <summary>The stream.</summary>
    public LogStreamId Stream { get; }

    /// <summary>The epoch of the owner that was refused.</summary>
    public Epoch Epoch { get; }
}

/// <summary>The record, or the batch that an atomic append needs, is over the store's limit.</summary>
public sealed class RecordTooLargeException : AppendRejectedException
{
    /// <summary>Reports a record over the limit.</summary>
    public RecordTooLargeException(string what, long bytes, long limitBytes, string option)
        : base($"{what} is {bytes} bytes; the limit is {limitBytes} ({option}). Nothing was written; write less at once or raise the limit.")
    {
        Bytes = bytes;
        LimitBytes = limitBytes;
    }

    /// <summary>The size asked for.</summary>
    public long Bytes { get; }

    /// <summary>The limit.</summary>
    public long LimitBytes { get; }
}

/// <summary>The disk has no space for the next segment. Reads continue; appends are accepted again once there is space.</summary>
public sealed class StoreFullException : AppendRejectedException
{
    /// <summary>Reports a full disk.</summary>
    public StoreFullException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>More appends wait for the disk or the server than the store holds in memory.</summary>
public sealed class StoreOverloadedException : AppendRejectedException
{
    /// <summary>Reports too many waiting appends.</summary>
    public StoreOverloadedException(long waitingBytes, long limitBytes)
        : base($"Appends of {waitingBytes} bytes wait to be written; the limit is {limitBytes} (MaxWaitingBytes). Nothing was written; try again later, or make fewer appends at a time.")
    {
        WaitingBytes = waitingBytes;
        LimitBytes = limitBytes;
    }

    /// <summary>The bytes that wait.</summary>
    public long WaitingBytes { get; }

    /// <summary>The limit.</summary>
    public long LimitBytes { get; }
}

/// <summary>The store was closed before the append was accepted.</summary>
public sealed class StoreClosedException : AppendRejectedException
{
    /// <summary>Reports a closed store.</summary>
    public StoreClosedException(string message)
        : base(message)
    {
    }
}

/// <summary>
/// The store failed while this append was being written: it may or may not be in the log.
/// Close the store, open it again and read the stream to learn which. A store that failed accepts no further append.
/// </summary>
public sealed class AppendOutcomeUnknownException : LogStoreException
{
    /// <summary>Reports an append in doubt.</summary>
    public AppendOutcomeUnknownException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>The store failed earlier and accepts nothing until it is opened again; this append was not written.</summary>
public sealed class StoreFailedException : AppendRejectedException
{
    /// <summary>Reports a store that failed earlier.</summary>
    public StoreFailedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>The requested history was dropped by truncation or retention.</summary>
public sealed class HistoryTruncatedException : LogStoreException
{
    /// <summary>Reports dropped history.</summary>
    public HistoryTruncatedException(LogStreamId stream, Sequence first)
        : base($"Stream '{stream}' keeps its history from sequence {first} on; what was asked for needs earlier events.")
    {
        Stream = stream;
        First = first;
    }

    /// <summary>The stream.</summary>
    public LogStreamId Stream { get; }

    /// <summary>The first sequence that is kept.</summary>
    public Sequence First { get; }
}

/// <summary>The store is open already, in another process or in this one.</summary>
public sealed class StoreInUseException : LogStoreException
{
    /// <summary>Reports a store in use.</summary>
    public StoreInUseException(string directory, string holder)
        : base($"The store in '{directory}' is in use by {holder}. One process owns a directory at a time: stop that process, or use another directory.")
    {
        Directory = directory;
        Holder = holder;
    }

    /// <summary>The store's directory.</summary>
    public string Directory { get; }

    /// <summary>The process that holds the store, according to its lock file.</summary>
    public string Holder { get; }
}

/// <summary>The server that keeps the store could not be reached, or did not answer in time. Nothing was changed.</summary>
public sealed class StoreUnreachableException : LogStoreException
{
    /// <summary>Reports a server that could not be reached.</summary>
    public StoreUnreachableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>The file system refused to read. That says nothing about the data: reading again may succeed.</summary>
public sealed class LogUnreadableException : LogStoreException
{
    /// <summary>Creates the exception.</summary>
    public LogUnreadableException(string file, long offsetBytes, Exception inner)
        : base($"File '{file}' can't be read at offset {offsetBytes}: {inner.Message} Nothing was changed. Try again; if it goes on, look at the device before anything is written to it.", inner)
    {
        File = file;
        OffsetBytes = offsetBytes;
    }

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>The offset of the failed read, in bytes from the file's start.</summary>
    public long OffsetBytes { get; }
}

/// <summary>Bytes that were acknowledged don't validate any more, or a file of the store is missing. Nothing was changed.</summary>
public sealed class LogCorruptException : LogStoreException
{
    /// <summary>Reports damage.</summary>
    /// <param name="what">What is wrong, as a sentence.</param>
    /// <param name="file">The file.</param>
    /// <param name="offsetBytes">The offset in the file, in bytes.</param>
    /// <param name="lsn">The last record before the damage, where known.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public LogCorruptException(string what, string file, long offsetBytes, Lsn? lsn = null, Exception? inner = null)
        : base($"{what} File '{file}', offset {offsetBytes}{(lsn is { } l ? $", after LSN {l}" : "")}. Nothing was changed. Restore the file from a backup, or keep a copy of the directory and salvage what validates.", inner)
    {
        File = file;
        OffsetBytes = offsetBytes;
        Lsn = lsn;
    }

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>The offset in the file, in bytes.</summary>
    public long OffsetBytes { get; }

    /// <summary>The last record before the damage, where known.</summary>
    public Lsn? Lsn { get; }
}
