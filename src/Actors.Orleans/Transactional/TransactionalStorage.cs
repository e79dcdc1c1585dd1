using Actors.Orleans.Codecs;
using Actors.Orleans.GrainLogs;
using Actors.Wal;
using Orleans.Storage;
using Orleans.Transactions.Abstractions;

namespace Actors.Orleans.Transactional;

/// <summary>
/// Keeps a transactional state as a stream. Every call of the transaction protocol appends one record. So its prepares, commits and
/// aborts are durable all or nothing, and share a flush with the silo's other appends. From time to time the record is the whole
/// image instead, and the records before it are dropped.
/// </summary>
internal sealed class TransactionalStorage<TState>(
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
    private ILogStream? _stream;
    private TransactionalImage _image = new();

    private string? ETag => _stream is null || _stream.Head == Sequence.Zero ? null : _stream.Head.ToString();

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
        if (_stream is null)
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
    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _stream, null) is { } stream)
            await stream.DisposeAsync();
    }

    private static TransactionalStateMetaData Copy(TransactionalStateMetaData metadata) => new()
    {
        TimeStamp = metadata.TimeStamp,
        CommitRecords = metadata.CommitRecords is { } records ? new Dictionary<Guid, CommitRecord>(records) : [],
    };

    private async Task AppendAsync(TransactionStep step, TransactionalImage next)
    {
        try
        {
            if (_tail.IsLong(options))
            {
                await _stream!.AppendStateAsync(format.Encode(next), _stream.Head);
                _tail.StartAt(next.Bytes);
                return;
            }

            EventData record = format.Encode(step);
            await _stream!.AppendAsync(record, _stream.Head);
            _tail.Count(record.Payload.Length);
        }
        catch (Exception e)
        {
            throw LogErrors.Translate(e);
        }
    }

    private async Task OpenAsync()
    {
        await CloseAsync();
        _stream = await store().OpenAsync(id, streamOptions);
        Overtaking.EndsActivation(context, _stream);
        var image = new TransactionalImage();
        _tail.StartAt(0);
        await foreach (LogRecord record in _stream.ReplayAsync())
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
        => states.Decode(new LogRecord(LogRecordKind.State, _stream!.Head, Lsn.Zero, DateTimeOffset.UnixEpoch, _stream.Epoch, state.Codec, state.Bytes, id));
}
