using System.Buffers;
using Actors.Orleans.GrainStorage;
using Actors.Orleans.Streams;
using Actors.Wal;
using MessagePack;
using Orleans.Journaling;
using Orleans.Storage;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>
/// The metadata of journals. Each journal has a metadata stream beside its own, so that reading or changing metadata never fences the
/// journal's owner. The journal's own stream decides whether the journal exists, and holds its initial properties. A metadata
/// record is valid if and only if it has the journal's incarnation.
/// </summary>
internal sealed class JournalMetadataStreams(Func<ILogStore> store, WriteAheadLogOptions options)
{
    private const string Suffix = "-metadata";
    private const int Fields = 2;
    private const int Gates = 64;

    private readonly StoredStreams _streams = new(store, options);

    // Serializes the changes of a journal on this silo: an append in flight can't be read yet.
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, Gates).Select(_ => new SemaphoreSlim(1))];

    /// <summary>The metadata of a journal; null when it does not exist.</summary>
    public async ValueTask<IJournalMetadata?> ReadAsync(LogStreamId journal, CancellationToken cancellationToken)
        => await JournalHeader.ReadAsync(store(), journal, cancellationToken).ConfigureAwait(false) is { } header
            ? await ReadAsync(journal, header, cancellationToken).ConfigureAwait(false)
            : null;

    /// <summary>The metadata of a journal whose header is known.</summary>
    public async ValueTask<IJournalMetadata> ReadAsync(LogStreamId journal, JournalHeader header, CancellationToken cancellationToken)
        => Of(header, await LatestRead.ReadAsync(() => LastAsync(store().ReplayAsync(StreamOf(journal), cancellationToken))).ConfigureAwait(false));

    /// <summary>Changes the properties of a journal.</summary>
    /// <returns>The metadata after the change, or as it is when nothing changes; null when the journal does not exist, or its metadata has another ETag.</returns>
    public async ValueTask<IJournalMetadata?> UpdateAsync(
        LogStreamId journal, IReadOnlyDictionary<string, string>? set, IReadOnlyCollection<string>? remove, string? expectedETag, CancellationToken cancellationToken)
    {
        SemaphoreSlim gate = _gates[(uint)journal.GetHashCode() % Gates];
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await UpdateInTurnAsync(journal, set, remove, expectedETag, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Removes a deleted journal's metadata. Metadata that a crash leaves stay invalid: no later journal has the incarnation.</summary>
    public async ValueTask DeleteAsync(LogStreamId journal, string incarnation)
    {
        LogStreamId id = StreamOf(journal);
        try
        {
            if (await store().FindAsync(id).ConfigureAwait(false) is null)
                return;
            await using ILogStream stream = await store().OpenAsync(id).ConfigureAwait(false);
            if (await LastAsync(stream.ReplayAsync()).ConfigureAwait(false) is { } last && last.Incarnation == incarnation)
                await stream.DeleteAsync(last.Sequence).ConfigureAwait(false);
        }
        catch (LogStoreException)
        {
            // The journal is deleted all the same, which is what the caller asked for.
        }
    }

    private async ValueTask<IJournalMetadata?> UpdateInTurnAsync(
        LogStreamId journal, IReadOnlyDictionary<string, string>? set, IReadOnlyCollection<string>? remove, string? expectedETag, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            if (await JournalHeader.ReadAsync(store(), journal, cancellationToken).ConfigureAwait(false) is not { } header)
                return null;
            StoredStream stored = await _streams.UseCurrentAsync(StreamOf(journal)).ConfigureAwait(false);
            try
            {
                StoredMetadata? last = await LastAsync(stored.Stream.ReplayAsync(cancellationToken)).ConfigureAwait(false);
                JournalMetadata current = Of(header, last);
                if (expectedETag is not null && expectedETag != current.ETag)
                    return null;
                if (JournalProperties.Changed(current.Properties, set, remove) is not { } changed)
                    return current;
                AppendResult result = await stored.Stream.AppendStateAsync(Encode(header.Incarnation, changed), last?.Sequence ?? Sequence.Zero, cancellationToken).ConfigureAwait(false);
                return new JournalMetadata(header.Format, ETagOf(header.Incarnation, result.Last), changed);
            }
            catch (Exception e) when (e is FencedException or SequenceConflictException)
            {
                // Another silo has taken the stream over, or changed the metadata. Try again: the ETag decides.
                if (attempt == FencedRetry.MostAttempts)
                    throw new InconsistentStateException($"The metadata of journal '{journal}' is changed by others all the time; nothing was written.", e);
            }
            finally
            {
                stored.Release();
            }

            await FencedRetry.PauseAsync(attempt, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    private static LogStreamId StreamOf(LogStreamId journal) => new(journal.Value + Suffix);

    private static JournalMetadata Of(JournalHeader header, StoredMetadata? stored)
        => stored is { } known && known.Incarnation == header.Incarnation
            ? new JournalMetadata(header.Format, ETagOf(header.Incarnation, known.Sequence), known.Properties)
            : new JournalMetadata(header.Format, ETagOf(header.Incarnation, Sequence.Zero), header.Given);

    private static string ETagOf(string incarnation, Sequence sequence) => $"{incarnation}-{sequence}";

    private static async ValueTask<StoredMetadata?> LastAsync(IAsyncEnumerable<LogRecord> replay)
    {
        StoredMetadata? last = null;
        await foreach (LogRecord record in replay.ConfigureAwait(false))
            last = Decode(record);
        return last;
    }

    private static EventData Encode(string incarnation, Dictionary<string, string> properties)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(Fields);
        writer.Write(incarnation);
        JournalRecord.WriteProperties(ref writer, properties);
        writer.Flush();
        return new EventData(buffer.WrittenMemory, (byte)LogCodec.MessagePack);
    }

    private static StoredMetadata Decode(in LogRecord record)
    {
        try
        {
            var reader = new MessagePackReader(record.Payload);
            return reader.ReadArrayHeader() == Fields
                ? new StoredMetadata(record.Sequence, reader.ReadString() ?? "", JournalRecord.ReadProperties(ref reader))
                : throw new MessagePackSerializationException("It has another number of fields.");
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException)
        {
            throw new GrainLogDecodeException(record.Stream, record.Sequence, "Journal metadata", e);
        }
    }

    private readonly record struct StoredMetadata(Sequence Sequence, string Incarnation, Dictionary<string, string> Properties);
}
