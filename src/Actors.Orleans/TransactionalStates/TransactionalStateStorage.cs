using Actors.Orleans.Codecs;
using Actors.Orleans.Streams;
using Actors.Wal;
using Orleans.Storage;
using Orleans.Transactions.Abstractions;

namespace Actors.Orleans.TransactionalStates;

/// <summary>
/// Keeps a transactional state as a stream. Every call of the transaction protocol appends one record. So its prepares, commits and
/// aborts are durable all or nothing, and share a flush with the silo's other appends. From time to time the record is the whole
/// image instead, and the records before it are dropped.
/// </summary>
internal sealed class TransactionalStateStorage<TState>(
    Func<ILogStore> store,
    IGrainContext? context,
    LogStreamId id,
    StreamOptions streamOptions,
    WriteAheadLogOptions options,
    PayloadCodec<TState> states,
    TransactionalFormat format) : ITransactionalStateStorage<TState>
    where TState : class, new()
{
    private readonly SnapshotTail _tail = new();
    private readonly GrainStream _stream = new(store, id, streamOptions, context);
    private TransactionalImage _image = new();

    private string? ETag => _stream.Handle is { } open && open.Head > Sequence.Zero ? open.Head.ToString() : null;

    /// <summary>Takes the stream over and reads it. An older activation can't append any more.</summary>
    public async Task<TransactionalStorageLoadResponse<TState>> Load()
    {
        await OpenAsync();
        return new TransactionalStorageLoadResponse<TState>(
            ETag,
            _image.Committed is { } committed ? Decode(committed) : new TState(),
            _image.CommittedSequenceId,
            Copy(_image.Metadata),
            [.. _image.Pending.Select(p => new PendingTransactionState<TState>
            {
                SequenceId = p.SequenceId,
                TransactionId = p.TransactionId,
                TimeStamp = p.TimeStamp,
                TransactionManager = p.Manager,
                State = Decode(p.State),
            })]);
    }

    public async Task<string> Store(
        string? expectedETag,
        TransactionalStateMetaData metadata,
        List<PendingTransactionState<TState>>? statesToPrepare,
        long? commitUpTo,
        long? abortAfter)
    {
        if (_stream.Handle is null)
            await OpenAsync();
        string? wanted = string.IsNullOrEmpty(expectedETag) ? null : expectedETag;
        if (wanted != ETag)
            throw new InconsistentStateException($"Transactional state '{id}' is at {ETag ?? "its beginning"}, not at {wanted ?? "its beginning"}.", ETag ?? "", wanted ?? "");
        var step = new TransactionStep(
            Copy(metadata),
            [.. (statesToPrepare ?? []).Select(p => new PreparedState(p.SequenceId, p.TransactionId ?? "", p.TimeStamp, p.TransactionManager, Encode(p.State)))],
            commitUpTo,
            abortAfter);
        TransactionalImage next = _image.After(step);
        await AppendAsync(step, next);
        _image = next;
        return ETag!;
    }

    /// <summary>Closes the stream when the grain is gone.</summary>
    public Task CloseAsync() => _stream.CloseAsync().AsTask();

    private static TransactionalStateMetaData Copy(TransactionalStateMetaData metadata) => new()
    {
        TimeStamp = metadata.TimeStamp,
        CommitRecords = metadata.CommitRecords is { } records ? new Dictionary<Guid, CommitRecord>(records) : [],
    };

    private async Task AppendAsync(TransactionStep step, TransactionalImage next)
    {
        ILogStream open = _stream.Handle!;
        if (_tail.IsLong(options))
        {
            await StreamErrors.TranslateAsync(open.AppendStateAsync(format.Encode(next), open.Head));
            _tail.StartAt(next.Bytes);
            return;
        }

        EventData record = format.Encode(step);
        await StreamErrors.TranslateAsync(open.AppendAsync(record, open.Head));
        _tail.Count(record.Payload.Length);
    }

    private async Task OpenAsync()
    {
        await _stream.CloseAsync();
        ILogStream open = await _stream.OpenAsync();
        var image = new TransactionalImage();
        _tail.StartAt(0);
        await foreach (LogRecord record in open.ReplayAsync())
        {
            image = format.Apply(image, record);
            if (record.Kind == LogRecordKind.State)
                _tail.StartAt(image.Bytes);
            else
                _tail.Count(record.Payload.Length);
        }

        _image = image;
    }

    private EncodedState Encode(TState state)
    {
        PayloadWriter payload = states.Encode(state);
        var encoded = new EncodedState(states.Number, payload.Written.ToArray());
        PayloadWriter.Return(payload);
        return encoded;
    }

    private TState Decode(EncodedState state)
        => states.Decode(new LogRecord(LogRecordKind.State, _stream.Handle!.Head, Lsn.Zero, DateTimeOffset.UnixEpoch, _stream.Handle.Epoch, state.Codec, state.Bytes, id));
}
