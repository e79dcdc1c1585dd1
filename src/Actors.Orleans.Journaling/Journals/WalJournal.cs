using System.Buffers;
using Actors.Orleans.GrainLogs;
using Actors.Wal;
using Orleans.Journaling;
using Orleans.Serialization.Buffers;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>
/// A journal as a stream. Reading it takes the stream over: whoever had it before, be it with an empty journal, can't append
/// any more. Each append is one commit; a snapshot is a checkpoint, and what came before it is dropped.
/// </summary>
internal sealed class WalJournal(Func<ILogStore> store, IGrainContext? context, StreamId id, string format, WriteAheadLogOptions options) : IJournalStorage
{
    private static readonly StreamOptions LastSnapshot = new() { Retention = Retention.Last };

    private readonly SnapshotTail _tail = new();
    private ILogStream? _stream;
    private string? _format;
    private Dictionary<string, string> _properties = [];

    public bool IsCompactionRequested => _tail.IsLong(options);

    private bool Exists => _stream!.Head > Sequence.Zero;

    private IJournalMetadata Metadata => new JournalMetadata(_format, _stream!.Head.ToString(), _properties);

    // A record's own fields and properties must fit beside the bytes.
    private int PartBytes => options.MaxRecordBytes - JournalRecord.HeaderBytes - JournalProperties.MostBytes(_properties);

    public async ValueTask ReadAsync(IJournalStorageConsumer consumer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(consumer);
        await OpenAsync(consumer, cancellationToken);
    }

    public async ValueTask<bool> CreateIfNotExistsAsync(IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        await EnsureOpenAsync(cancellationToken);
        if (Exists)
            return false;
        // Checked by the type that callers get it back as.
        var properties = new Dictionary<string, string>(new JournalMetadata(null, null, metadata).Properties, StringComparer.Ordinal);
        await AppendAsync([JournalRecord.OfMetadata(null, properties)], cancellationToken);
        _properties = properties;
        return true;
    }

    public async ValueTask<IJournalMetadata?> GetMetadataAsync(CancellationToken cancellationToken = default)
    {
        await EnsureOpenAsync(cancellationToken);
        return Exists ? Metadata : null;
    }

    public async ValueTask<IJournalMetadata?> UpdateMetadataAsync(
        IReadOnlyDictionary<string, string>? set = null,
        IEnumerable<string>? remove = null,
        string? expectedETag = null,
        CancellationToken cancellationToken = default)
    {
        Dictionary<string, string>? properties = JournalProperties.Changed(_properties, set, remove); // refuses wrong names before anything else
        await EnsureOpenAsync(cancellationToken);
        if (!Exists || (expectedETag is not null && expectedETag != _stream!.Head.ToString()))
            return null;
        properties = JournalProperties.Changed(_properties, set, remove);
        if (properties is not null)
        {
            await AppendAsync([JournalRecord.OfMetadata(_format, properties)], cancellationToken);
            _properties = properties;
        }

        return Metadata;
    }

    public async ValueTask AppendAsync(ReadOnlySequence<byte> value, CancellationToken cancellationToken)
    {
        await EnsureOpenAsync(cancellationToken);
        var records = new List<EventData>();
        if (!Exists || _format != format)
            records.Add(JournalRecord.OfMetadata(format, _properties));
        foreach (ReadOnlySequence<byte> part in Parts(value))
            records.Add(JournalRecord.OfData(part));
        if (records.Count == 0)
            return;
        await AppendAsync(records, cancellationToken);
        _format = format;
        _tail.Count(value.Length);
    }

    public async ValueTask ReplaceAsync(ReadOnlySequence<byte> value, CancellationToken cancellationToken)
    {
        await EnsureOpenAsync(cancellationToken);
        try
        {
            if (value.Length <= PartBytes)
                await _stream!.AppendStateAsync(JournalRecord.OfSnapshot(format, _properties, 0, value), _stream.Head, cancellationToken);
            else
                await ReplaceInPartsAsync(value, cancellationToken);
        }
        catch (Exception e)
        {
            throw LogErrors.Translate(e);
        }

        _format = format;
        _tail.StartAt(value.Length);
    }

    public async ValueTask DeleteAsync(CancellationToken cancellationToken)
    {
        await EnsureOpenAsync(cancellationToken);
        if (!Exists)
            return;
        try
        {
            await _stream!.DeleteAsync(_stream.Head, cancellationToken);
        }
        catch (Exception e)
        {
            throw LogErrors.Translate(e);
        }

        await OpenAsync(null, cancellationToken);
    }

    /// <summary>Gives the stream up, when the grain is gone.</summary>
    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _stream, null) is { } stream)
            await stream.DisposeAsync();
    }

    /// <summary>
    /// Writes what is too large for one record: the parts first, behind the head, and then the snapshot that stands at the head
    /// and asks for them. Without it they are nothing.
    /// </summary>
    private async Task ReplaceInPartsAsync(ReadOnlySequence<byte> value, CancellationToken cancellationToken)
    {
        Sequence head = _stream!.Head;
        int parts = 0;
        foreach (ReadOnlySequence<byte> part in Parts(value))
        {
            await _stream.AppendAsync(JournalRecord.OfSnapshotPart(part), _stream.Head, cancellationToken);
            parts++;
        }

        await _stream.CheckpointAsync(head, JournalRecord.OfSnapshot(format, _properties, parts, default), cancellationToken);
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
        if (_stream is null)
            await OpenAsync(null, cancellationToken);
    }

    /// <summary>Takes the stream over and reads it.</summary>
    private async Task OpenAsync(IJournalStorageConsumer? consumer, CancellationToken cancellationToken)
    {
        await CloseAsync();
        _stream = await store().OpenAsync(id, LastSnapshot, cancellationToken);
        Overtaking.EndsActivation(context, _stream);
        _format = null;
        _properties = [];
        _tail.StartAt(0);
        using var buffer = new ArcBufferWriter();
        int parts = 0;
        IJournalMetadata metadata = Exists ? Metadata : JournalMetadata.Empty;
        await foreach (LogRecord record in _stream.ReplayAsync(cancellationToken))
        {
            JournalRecord read = JournalRecord.Of(record);
            switch (read.Kind)
            {
                case JournalRecordKind.Snapshot:
                    parts = read.Parts;
                    TakeMetadata(read);
                    _tail.StartAt(read.Data.Length);
                    Supply(read.Data);
                    break;
                case JournalRecordKind.SnapshotPart when parts > 0:
                    parts--;
                    _tail.Extend(read.Data.Length);
                    Supply(read.Data);
                    break;
                case JournalRecordKind.Metadata:
                    TakeMetadata(read);
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

        void TakeMetadata(in JournalRecord read)
        {
            _format = read.Format;
            _properties = new Dictionary<string, string>(read.Properties, StringComparer.Ordinal);
            metadata = Metadata;
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
}
