using System.Buffers;
using Actors.Orleans.GrainLogs;
using Actors.Wal;
using Orleans.Journaling;
using Orleans.Serialization.Buffers;
using Orleans.Storage;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>
/// A journal as a stream. Reading it takes the stream over: whoever had it before, be it with an empty journal, can't append
/// any more. Each append is one commit; a snapshot is a checkpoint, and what came before it is dropped. Metadata is apart
/// (<see cref="JournalMetadataStreams"/>), and takes nothing over.
/// </summary>
/// <param name="journals">What the journals of a provider share.</param>
/// <param name="id">The journal's stream.</param>
/// <param name="activation">The activation that the journal is the state of; null for a journal that no grain owns.</param>
/// <param name="format">The key of the format that is written.</param>
internal sealed class WalJournal(JournalSet journals, StreamId id, IGrainContext? activation, string format) : IJournalStorage
{
    private static readonly StreamOptions LastSnapshot = new() { Retention = Retention.Last };

    private readonly SnapshotTail _tail = new();
    private ILogStream? _stream;
    private Sequence? _closedAt;
    private JournalHeader _header = JournalHeader.None;

    public bool IsCompactionRequested => _tail.IsLong(journals.Options);

    private bool Exists => _stream!.Head > Sequence.Zero;

    // A record's own fields and properties must fit beside the bytes.
    private int PartBytes => journals.Options.MaxRecordBytes - JournalRecord.HeaderBytes - JournalProperties.MostBytes(_header.Properties);

    public async ValueTask ReadAsync(IJournalStorageConsumer consumer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(consumer);
        using IDisposable? use = BeginUse();
        await OpenAsync(consumer, cancellationToken);
    }

    public async ValueTask<bool> CreateIfNotExistsAsync(IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        var header = JournalHeader.New(null, JournalProperties.OfNew(metadata));
        if (await journals.Store.FindAsync(id, cancellationToken) is not null)
            return false;
        using IDisposable? use = BeginUse();
        await EnsureOpenAsync(cancellationToken);
        if (Exists)
            return false;
        await AppendAsync([JournalRecord.OfMetadata(null, header.Properties)], cancellationToken);
        _header = header;
        return true;
    }

    public ValueTask<IJournalMetadata?> GetMetadataAsync(CancellationToken cancellationToken = default)
        => journals.Metadata.ReadAsync(id, cancellationToken);

    public async ValueTask<IJournalMetadata?> UpdateMetadataAsync(
        IReadOnlyDictionary<string, string>? set = null,
        IEnumerable<string>? remove = null,
        string? expectedETag = null,
        CancellationToken cancellationToken = default)
    {
        string[] removed = [.. remove ?? []];
        JournalProperties.RequireChange(set, removed);
        return await journals.Metadata.UpdateAsync(id, set, removed, expectedETag, cancellationToken);
    }

    public async ValueTask AppendAsync(ReadOnlySequence<byte> value, CancellationToken cancellationToken)
    {
        using IDisposable? use = BeginUse();
        await EnsureOpenAsync(cancellationToken);
        JournalHeader header = HeaderOfWrite();
        var records = new List<EventData>();
        if (header != _header)
            records.Add(JournalRecord.OfMetadata(header.Format, header.Properties));
        foreach (ReadOnlySequence<byte> part in Parts(value))
            records.Add(JournalRecord.OfData(part));
        if (records.Count == 0)
            return;
        await AppendAsync(records, cancellationToken);
        _header = header;
        _tail.Count(value.Length);
    }

    public async ValueTask ReplaceAsync(ReadOnlySequence<byte> value, CancellationToken cancellationToken)
    {
        using IDisposable? use = BeginUse();
        await EnsureOpenAsync(cancellationToken);
        JournalHeader header = HeaderOfWrite();
        try
        {
            if (value.Length <= PartBytes)
                await _stream!.AppendStateAsync(JournalRecord.OfSnapshot(format, header.Properties, 0, value), _stream.Head, cancellationToken);
            else
                await ReplaceInPartsAsync(header, value, cancellationToken);
        }
        catch (Exception e)
        {
            throw LogErrors.Translate(e);
        }

        _header = header;
        _tail.StartAt(value.Length);
    }

    public async ValueTask DeleteAsync(CancellationToken cancellationToken)
    {
        using IDisposable? use = BeginUse();
        await EnsureOpenAsync(cancellationToken);
        if (!Exists)
            return;
        string incarnation = _header.Incarnation;
        try
        {
            await _stream!.DeleteAsync(_stream.Head, cancellationToken);
        }
        catch (Exception e)
        {
            throw LogErrors.Translate(e);
        }

        await journals.Metadata.DeleteAsync(id, incarnation);
        await OpenAsync(null, cancellationToken);
    }

    /// <summary>Gives the stream up, for good: when the activation is gone.</summary>
    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _stream, null) is { } stream)
            await stream.DisposeAsync();
    }

    /// <summary>Forgets the open stream until the journal is used again; no call is under way.</summary>
    /// <returns>What is to be closed; null when there is no stream, or another owner has it, which this journal must go on knowing.</returns>
    public ILogStream? LetGo()
    {
        if (_stream is not { IsOwner: true } stream)
            return null;
        _closedAt = stream.Head;
        _stream = null;
        return stream;
    }

    /// <summary>
    /// Writes what is too large for one record: the parts first, behind the head, and then the snapshot that stands at the head
    /// and asks for them. Without it they are nothing.
    /// </summary>
    private async Task ReplaceInPartsAsync(JournalHeader header, ReadOnlySequence<byte> value, CancellationToken cancellationToken)
    {
        Sequence head = _stream!.Head;
        int parts = 0;
        foreach (ReadOnlySequence<byte> part in Parts(value))
        {
            await _stream.AppendAsync(JournalRecord.OfSnapshotPart(part), _stream.Head, cancellationToken);
            parts++;
        }

        await _stream.CheckpointAsync(head, JournalRecord.OfSnapshot(format, header.Properties, parts, default), cancellationToken);
    }

    private JournalHeader HeaderOfWrite()
    {
        if (!Exists)
            return JournalHeader.New(format);
        return _header.Format == format ? _header : _header with { Format = format };
    }

    private async ValueTask AppendAsync(List<EventData> records, CancellationToken cancellationToken)
    {
        try
        {
            await _stream!.AppendAsync(records, _stream.Head, cancellationToken);
        }
        catch (Exception e)
        {
            throw LogErrors.Translate(e);
        }
    }

    private async ValueTask EnsureOpenAsync(CancellationToken cancellationToken)
    {
        if (_stream is not null)
            return;
        if (_closedAt is not { } known)
        {
            await OpenAsync(null, cancellationToken);
            return;
        }

        // The stream was let go. Nobody may have written to it since.
        ILogStream stream = await journals.Store.OpenAsync(id, LastSnapshot, cancellationToken);
        JournalHeader? header = stream.Head == known ? await JournalHeader.ReadAsync(journals.Store, id, cancellationToken) : null;
        if (stream.Head != known || (header?.Incarnation ?? "") != _header.Incarnation)
        {
            await stream.DisposeAsync();
            throw new InconsistentStateException($"Journal '{id}' was written to by another owner since it was read; nothing was written.");
        }

        Own(stream);
    }

    private void Own(ILogStream stream)
    {
        _stream = stream;
        _closedAt = null;
        if (activation is not null)
            Overtaking.EndsActivation(activation, stream);
        else
            stream.OwnershipLost.UnsafeRegister(static s => _ = ((ILogStream)s!).DisposeAsync().AsTask(), stream);
    }

    /// <summary>Takes the stream over and reads it.</summary>
    private async Task OpenAsync(IJournalStorageConsumer? consumer, CancellationToken cancellationToken)
    {
        await CloseAsync();
        Own(await journals.Store.OpenAsync(id, LastSnapshot, cancellationToken));
        _header = JournalHeader.None;
        _tail.StartAt(0);
        using var buffer = new ArcBufferWriter();
        int parts = 0;
        IJournalMetadata metadata = JournalMetadata.Empty;
        await foreach (LogRecord record in _stream!.ReplayAsync(cancellationToken))
        {
            JournalRecord read = JournalRecord.Of(record);
            switch (read.Kind)
            {
                case JournalRecordKind.Snapshot:
                    parts = read.Parts;
                    await TakeHeaderAsync(read);
                    _tail.StartAt(read.Data.Length);
                    Supply(read.Data);
                    break;
                case JournalRecordKind.SnapshotPart when parts > 0:
                    parts--;
                    _tail.Extend(read.Data.Length);
                    Supply(read.Data);
                    break;
                case JournalRecordKind.Metadata:
                    await TakeHeaderAsync(read);
                    break;
                case JournalRecordKind.Data:
                    _tail.Count(read.Data.Length);
                    Supply(read.Data);
                    break;
            }
        }

        if (parts > 0)
            throw new GrainLogDecodeException(id, _stream.Head, $"A snapshot of which {parts} parts are missing, before", null);
        if (consumer is null)
            return;
        consumer.Read(new JournalBufferReader(buffer.Reader, isCompleted: true), metadata);
        if (buffer.Length > 0)
            throw new InvalidOperationException($"The reader of journal '{id}' left {buffer.Length} of its bytes unread.");

        async ValueTask TakeHeaderAsync(JournalRecord read)
        {
            _header = new JournalHeader(read.Format, new Dictionary<string, string>(read.Properties, StringComparer.Ordinal));
            if (consumer is not null)
                metadata = await journals.Metadata.ReadAsync(id, _header, cancellationToken);
        }

        void Supply(ReadOnlySequence<byte> data)
        {
            if (consumer is null)
                return;
            foreach (ReadOnlyMemory<byte> piece in data)
                buffer.Write(piece.Span);
            consumer.Read(new JournalBufferReader(buffer.Reader, isCompleted: false), metadata);
        }
    }

    private IEnumerable<ReadOnlySequence<byte>> Parts(ReadOnlySequence<byte> value)
    {
        for (long at = 0; at < value.Length; at += PartBytes)
            yield return value.Slice(at, Math.Min(PartBytes, value.Length - at));
    }

    /// <summary>Keeps the stream of a journal that no grain owns open until the call ends.</summary>
    private IDisposable? BeginUse() => activation is null ? journals.Unowned.BeginUse(this) : null;
}
