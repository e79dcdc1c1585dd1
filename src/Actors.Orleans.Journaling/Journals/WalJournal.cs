using System.Buffers;
using Actors.Orleans.Streams;
using Actors.Wal;
using Orleans.Journaling;
using Orleans.Serialization.Buffers;
using Orleans.Storage;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>
/// A journal as a stream. Reading it takes ownership, also of an empty journal: earlier owners can't append any more. An append is
/// one commit, on condition that the head is the last sequence read or written here. A snapshot is a checkpoint, and drops the
/// records before it. Metadata need no ownership (<see cref="JournalMetadataStreams"/>).
/// </summary>
/// <param name="journals">The parts that the journals of a provider share.</param>
/// <param name="id">The journal's stream.</param>
/// <param name="stream">Opens the journal's stream.</param>
/// <param name="format">The key of the format for new records.</param>
internal sealed class WalJournal(JournalSet journals, LogStreamId id, JournalStream stream, string format) : IJournalStorage
{
    private readonly SnapshotTail _tail = new();
    private JournalHeader _header = JournalHeader.None;

    // The last sequence that this instance has read or written; null before it was read.
    private Sequence? _known;

    public bool IsCompactionRequested => _tail.IsLong(journals.Options);

    private bool Exists => _known > Sequence.Zero;

    // A record's own fields and properties must fit beside the bytes.
    private int PartBytes => journals.Options.MaxRecordBytes - JournalRecord.HeaderBytes - JournalProperties.MostBytes(_header.Properties);

    public async ValueTask ReadAsync(IJournalStorageConsumer consumer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(consumer);
        using JournalLease lease = await stream.TakeAsync(cancellationToken);
        await ReadAsync(lease.Stream, consumer, cancellationToken);
        journals.New.NoteRead(id);
    }

    public async ValueTask<bool> CreateIfNotExistsAsync(IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        var header = JournalHeader.New(null, JournalProperties.OfNew(metadata));
        int most = journals.Options.MaxRecordBytes / 2;
        if (JournalProperties.MostBytes(header.Properties) > most)
            throw new ArgumentException($"The properties of journal '{id}' take more than {most} bytes, half of MaxRecordBytes; each snapshot holds them.", nameof(metadata));
        if (await journals.Store.FindAsync(id, cancellationToken) is not null)
            return false;
        using JournalLease lease = await ForWriteAsync(cancellationToken);
        if (Exists)
            return false;
        journals.New.Add(id);
        try
        {
            await AppendAsync(lease.Stream, [JournalRecord.OfMetadata(null, header.Properties)], cancellationToken);
        }
        catch
        {
            journals.New.Remove(id);
            throw;
        }

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
        using JournalLease lease = await ForWriteAsync(cancellationToken);
        JournalHeader header = HeaderOfWrite();
        var records = new List<EventData>();
        if (header != _header)
            records.Add(JournalRecord.OfMetadata(header.Format, header.Properties));
        foreach (ReadOnlySequence<byte> part in Parts(value))
            records.Add(JournalRecord.OfData(part));
        if (records.Count == 0)
            return;
        await AppendAsync(lease.Stream, records, cancellationToken);
        journals.New.Remove(id);
        _header = header;
        _tail.Count(value.Length);
    }

    public async ValueTask ReplaceAsync(ReadOnlySequence<byte> value, CancellationToken cancellationToken)
    {
        using JournalLease lease = await ForWriteAsync(cancellationToken);
        JournalHeader header = HeaderOfWrite();
        if (value.Length <= PartBytes)
            _known = (await StreamErrors.TranslateAsync(lease.Stream.AppendStateAsync(JournalRecord.OfSnapshot(format, header.Properties, 0, value), _known, cancellationToken))).Last;
        else
            await StreamErrors.TranslateAsync(ReplaceInPartsAsync(lease.Stream, header, value, cancellationToken));
        journals.New.Remove(id);
        _header = header;
        _tail.StartAt(value.Length);
    }

    public async ValueTask DeleteAsync(CancellationToken cancellationToken)
    {
        using (JournalLease lease = await ForWriteAsync(cancellationToken))
        {
            if (!Exists && lease.Stream.Head == Sequence.Zero)
                return;
            await StreamErrors.TranslateAsync(lease.Stream.DeleteAsync(_known, cancellationToken));
            journals.New.Remove(id);
            await stream.ForgetAsync(lease.Stream);
        }

        await journals.Metadata.DeleteAsync(id, _header.Incarnation);
        using JournalLease anew = await stream.TakeAsync(cancellationToken);
        await ReadAsync(anew.Stream, null, cancellationToken);
    }

    /// <summary>
    /// Writes a snapshot that is too large for one record: first the parts, behind the head, then a checkpoint at the head
    /// that says how many parts follow. Without this checkpoint the parts are ignored.
    /// </summary>
    private async ValueTask ReplaceInPartsAsync(ILogStream open, JournalHeader header, ReadOnlySequence<byte> value, CancellationToken cancellationToken)
    {
        Sequence head = _known!.Value;
        int parts = 0;
        foreach (ReadOnlySequence<byte> part in Parts(value))
        {
            _known = (await open.AppendAsync(JournalRecord.OfSnapshotPart(part), _known, cancellationToken)).Last;
            parts++;
        }

        await open.CheckpointAsync(head, JournalRecord.OfSnapshot(format, header.Properties, parts, default), cancellationToken);
    }

    private JournalHeader HeaderOfWrite()
    {
        if (!Exists)
            return JournalHeader.New(format);
        return _header.Format == format ? _header : _header with { Format = format };
    }

    private async ValueTask AppendAsync(ILogStream open, List<EventData> records, CancellationToken cancellationToken)
        => _known = (await StreamErrors.TranslateAsync(open.AppendAsync(records, _known, cancellationToken))).Last;

    /// <summary>Returns the stream to append to. Reads the journal if it was not read yet, and opens the stream again if it was closed.</summary>
    /// <exception cref="InconsistentStateException">Another owner has written to it while it was closed.</exception>
    private async ValueTask<JournalLease> ForWriteAsync(CancellationToken cancellationToken)
    {
        JournalLease? open = _known is null ? null : await stream.UseAsync();
        JournalLease lease = open ?? await stream.TakeAsync(cancellationToken);
        try
        {
            if (_known is null)
                await ReadAsync(lease.Stream, null, cancellationToken);
            else if (open is null && (lease.Stream.Head != _known || await IncarnationAsync(cancellationToken) != _header.Incarnation))
                throw new InconsistentStateException($"Journal '{id}' was written to by another owner since it was read; nothing was written.");
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private async ValueTask<string> IncarnationAsync(CancellationToken cancellationToken)
        => (await JournalHeader.ReadAsync(journals.Store, id, cancellationToken) ?? JournalHeader.None).Incarnation;

    private async Task ReadAsync(ILogStream open, IJournalStorageConsumer? consumer, CancellationToken cancellationToken)
    {
        _known = null;
        _header = JournalHeader.None;
        _tail.StartAt(0);
        using var buffer = new ArcBufferWriter();
        Sequence last = Sequence.Zero;
        int parts = 0;
        IJournalMetadata metadata = JournalMetadata.Empty;
        await foreach (LogRecord record in open.ReplayAsync(cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            last = record.Sequence;
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
            throw new GrainLogDecodeException(id, last, $"A snapshot of which {parts} parts are missing, before", null);
        if (consumer is not null)
        {
            consumer.Read(new JournalBufferReader(buffer.Reader, isCompleted: true), metadata);
            if (buffer.Length > 0)
                throw new InvalidOperationException($"The reader of journal '{id}' left {buffer.Length} of its bytes unread.");
        }

        _known = last;

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
}
