namespace Actors.Wal.Copying;

/// <summary>
/// The store that a copy is made in. Nobody can open it before it is complete. <see cref="LogStoreCopy.To"/> makes one in a
/// directory; other stores' packages make theirs.
/// </summary>
public abstract class CopyTarget : IAsyncDisposable
{
    internal CopyTarget()
    {
    }

    /// <summary>Whether records must come in the order of their times, over all streams.</summary>
    internal abstract bool NeedsTimeOrder { get; }

    /// <summary>Begins a copy, or goes on with the one that was begun.</summary>
    /// <param name="source">What is copied.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="IOException">There is something else.</exception>
    internal abstract Task BeginAsync(string source, CancellationToken cancellationToken);

    /// <summary>How much of a stream an earlier run has brought; null for nothing.</summary>
    internal abstract CopyPosition? PositionOf(StreamId stream);

    /// <summary>Appends a record to its stream, at the record's own time. What it points to may change when this returns.</summary>
    /// <param name="record">An event, a state or a checkpoint.</param>
    /// <param name="begin">The first event that the stream has.</param>
    /// <param name="cancellationToken">Stops.</param>
    internal abstract ValueTask AddAsync(LogRecord record, Sequence begin, CancellationToken cancellationToken);

    /// <summary>Lets a stream keep nothing before an event, if it does.</summary>
    internal abstract ValueTask TruncateAsync(StreamId stream, Sequence first, CancellationToken cancellationToken);

    /// <summary>Everything has come: makes it durable.</summary>
    /// <returns>The streams that the store has now.</returns>
    internal abstract Task<IReadOnlyDictionary<StreamId, StreamInfo>> FinishAsync(CancellationToken cancellationToken);

    /// <summary>Reads what the store has once all has come, as <see cref="CopySource.ReadAsync"/>.</summary>
    internal abstract IAsyncEnumerable<LogRecord> ReadAsync(IReadOnlySet<StreamId>? streams, CancellationToken cancellationToken);

    /// <summary>The copy is what it should be: from now on it is a store like any other.</summary>
    internal abstract Task CompleteAsync(CancellationToken cancellationToken);

    /// <summary>Lets the store go; what is not complete can be gone on with.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>How much of a stream was copied.</summary>
/// <param name="Head">The last event.</param>
/// <param name="Checkpoints">Checkpoints behind it.</param>
internal readonly record struct CopyPosition(Sequence Head, int Checkpoints)
{
    /// <summary>The position with one record more.</summary>
    public CopyPosition After(in LogRecord record)
        => record.Kind == LogRecordKind.Checkpoint ? this with { Checkpoints = Checkpoints + 1 } : new CopyPosition(record.Sequence, 0);

    /// <summary>Whether what is up to another position is up to this one too.</summary>
    public bool Includes(in CopyPosition other)
        => other.Head < Head || (other.Head == Head && other.Checkpoints <= Checkpoints);
}
