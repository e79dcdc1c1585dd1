namespace Actors.Wal.Copying;

/// <summary>
/// The store that a copy creates. It can't be opened as a store before the copy is complete. <see cref="LogStoreCopy.To"/> creates
/// one in a directory; packages of other stores create theirs.
/// </summary>
internal abstract class CopyTarget : IAsyncDisposable
{
    internal CopyTarget()
    {
    }

    /// <summary>Whether records must come in the order of their times, over all streams.</summary>
    internal abstract bool NeedsTimeOrder { get; }

    /// <summary>Begins a copy, or continues an earlier one.</summary>
    /// <param name="source">Identifies what is copied.</param>
    /// <param name="cancellationToken">Stops the copy.</param>
    /// <exception cref="IOException">The target holds something else.</exception>
    internal abstract Task BeginAsync(string source, CancellationToken cancellationToken);

    /// <summary>Returns how much of a stream an earlier run has copied; null for nothing.</summary>
    internal abstract CopyPosition? PositionOf(LogStreamId stream);

    /// <summary>Appends a record to its stream, with the record's own time. The payload's memory may change when this returns.</summary>
    /// <param name="record">An event, a state record or a checkpoint.</param>
    /// <param name="begin">The first event that the stream has.</param>
    /// <param name="cancellationToken">Stops the copy.</param>
    internal abstract ValueTask AddAsync(LogRecord record, Sequence begin, CancellationToken cancellationToken);

    /// <summary>Truncates a stream before an event, if it has earlier ones.</summary>
    internal abstract ValueTask TruncateAsync(LogStreamId stream, Sequence first, CancellationToken cancellationToken);

    /// <summary>Makes the copy durable, after all records were added.</summary>
    /// <returns>The streams that the store has now.</returns>
    internal abstract Task<IReadOnlyDictionary<LogStreamId, StreamInfo>> FinishAsync(CancellationToken cancellationToken);

    /// <summary>Reads the records of the finished copy, as <see cref="CopySource.ReadAsync"/> does.</summary>
    internal abstract IAsyncEnumerable<LogRecord> ReadAsync(IReadOnlySet<LogStreamId>? streams, CancellationToken cancellationToken);

    /// <summary>Completes a verified copy. From now on it is a store like any other.</summary>
    internal abstract Task CompleteAsync(CancellationToken cancellationToken);

    /// <summary>Closes the store. A later run can continue an incomplete copy.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>How much of a stream was copied.</summary>
/// <param name="Head">The sequence of the last event.</param>
/// <param name="Checkpoints">The number of checkpoints behind it.</param>
internal readonly record struct CopyPosition(Sequence Head, int Checkpoints)
{
    /// <summary>Returns the position after one more record.</summary>
    public CopyPosition After(in LogRecord record)
        => record.Kind == LogRecordKind.Checkpoint ? this with { Checkpoints = Checkpoints + 1 } : new CopyPosition(record.Sequence, 0);

    /// <summary>Whether this position is at or behind another one.</summary>
    public bool Includes(in CopyPosition other)
        => other.Head < Head || (other.Head == Head && other.Checkpoints <= Checkpoints);
}
