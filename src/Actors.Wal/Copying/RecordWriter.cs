using Actors.Wal.Clocks;
using Actors.Wal.Format;
using Actors.Wal.Local;
using Actors.Wal.Storage;


namespace Actors.Wal.Copying;

/// <summary>
/// Writes the records of another store into a local one, each with its own time and in the order of their times. The engine itself
/// writes, so that only times and first sequences differ from what a silo would write. A batch has one time, so the pending batch
/// is committed before the time changes.
/// </summary>
internal sealed class RecordWriter : IAsyncDisposable
{
    private const long DefaultSegmentBytes = 64 * 1024 * 1024;
    private const int DefaultBatchBytes = 8 * 1024 * 1024;
    private const int SmallestBatchBytes = 16 * 1024;
    private const int BatchRoomBytes = 4096;
    private const int MostOpenStreams = 65_536;

    private readonly LocalLogStore _store;
    private readonly RecordTime _time;
    private readonly long _commitBytes;
    private readonly Dictionary<LogStreamId, LocalStream> _open = [];
    private readonly List<Task> _appends = [];
    private readonly List<LocalStream> _finished = [];
    private long _pendingBytes;

    private RecordWriter(LocalLogStore store, RecordTime time)
    {
        _store = store;
        _time = time;
        _commitBytes = store.Options.MaxBatchBytes / 2;
    }

    /// <summary>The largest payload that the store accepts with its present options.</summary>
    public int MaxRecordBytes => _store.Options.MaxRecordBytes;

    /// <summary>Opens a store, or creates one in an empty directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="firstMicros">The time of the first record.</param>
    /// <param name="largestBytes">The length of the longest record.</param>
    /// <param name="segmentBytes">The length of the segments; null for the default.</param>
    /// <param name="sync">Whether each commit is flushed, or only full segments and the end.</param>
    public static RecordWriter Open(string directory, long firstMicros, int largestBytes, long? segmentBytes, SyncPolicy sync)
    {
        long segment = segmentBytes is >= LocalLogStoreOptions.MinSegmentBytes and <= LocalLogStoreOptions.MaxSegmentBytes && segmentBytes % Layout.SectorBytes == 0
            ? segmentBytes.Value
            : DefaultSegmentBytes;
        long batch = Math.Max(Math.Clamp(segment / 2, SmallestBatchBytes, DefaultBatchBytes), largestBytes + (long)BatchRoomBytes);
        segment = Math.Max(segment, Layout.AlignSector(2 * batch));
        var time = new RecordTime(firstMicros);
        var options = new LocalLogStoreOptions
        {
            Directory = directory,
            SegmentBytes = segment,
            SegmentAge = null,
            MaxBatchBytes = checked((int)batch),
            MaxRecordBytes = (int)batch - BatchRoomBytes,
            Sync = sync,
            Time = time,

            // Zeros make flushes cheaper. Under SyncPolicy.Never there are hardly any flushes.
            FillBelowBatchBytes = sync == SyncPolicy.Never ? 0 : new LocalLogStoreOptions { Directory = directory }.FillBelowBatchBytes,
        };
        options.Validate();
        return new RecordWriter(StoreOpening.Open(options, new StoreEnvironment(new FileStorage(directory)) { Threads = false }), time);
    }

    /// <summary>Appends a record. The payload's memory may change when this returns.</summary>
    /// <param name="record">The record: an event, a state record or a checkpoint.</param>
    /// <param name="begin">The first event that the stream has.</param>
    public async ValueTask AddAsync(LogRecord record, Sequence begin)
    {
        long micros = UnixMicros.Of(record.Time);
        if (micros > _time.Micros || _pendingBytes > _commitBytes)
            await CommitAsync().ConfigureAwait(false);
        _time.Micros = Math.Max(_time.Micros, micros);
        LocalStream stream = await OpenAsync(record.Stream, begin).ConfigureAwait(false);
        _appends.Add(Append(stream, record));
        _pendingBytes += FrameHeader.SizeBytes + record.Payload.Length;
        await LetInAsync().ConfigureAwait(false);
    }

    /// <summary>Truncates a stream before an event. A checkpoint or state record must replace the dropped events.</summary>
    public async ValueTask TruncateAsync(LogStreamId id, Sequence first)
    {
        LocalStream stream = await OpenAsync(id, new Sequence(1)).ConfigureAwait(false);
        if (first <= stream.State.Pending.Dropped.Next)
            return;
        _appends.Add(stream.TruncateAsync(first).AsTask());
        await LetInAsync().ConfigureAwait(false);
    }

    /// <summary>Closes a stream with the next commit, because no more records of it follow.</summary>
    public void Finish(LogStreamId id)
    {
        if (_open.Remove(id, out LocalStream? stream))
            _finished.Add(stream);
    }

    /// <summary>Commits what was appended and closes the store.</summary>
    public async ValueTask CompleteAsync()
    {
        await CloseStreamsAsync().ConfigureAwait(false);
        _store.Parts.Saver.Step();
        await _store.DisposeAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private async ValueTask<LocalStream> OpenAsync(LogStreamId id, Sequence begin)
    {
        if (_open.TryGetValue(id, out LocalStream? open))
            return open;
        if (_open.Count >= MostOpenStreams)
            await CloseStreamsAsync().ConfigureAwait(false);
        var stream = (LocalStream)await _store.OpenAsync(id).ConfigureAwait(false);
        _open.Add(id, stream);
        if (begin.Value > 1)
            _store.Parts.Queue.Exclusive(() => stream.State.BeginBehind(new Sequence(begin.Value - 1)));
        return stream;
    }

    /// <summary>Commits if appends wait for room. A checkpoint behind them would be refused, and they still need their payloads.</summary>
    private ValueTask LetInAsync() => _store.Parts.Queue.WaitingCount > 0 ? CommitAsync() : ValueTask.CompletedTask;

    private static Task Append(LocalStream stream, in LogRecord record)
    {
        var data = new EventData(record.Payload, record.Codec);
        return record.Kind switch
        {
            LogRecordKind.Event => stream.AppendAsync(data).AsTask(),
            LogRecordKind.State => stream.AppendStateAsync(data).AsTask(),
            LogRecordKind.Checkpoint => stream.CheckpointAsync(record.Sequence, data).AsTask(),
            _ => throw new InvalidOperationException($"A {record.Kind} is not written to a new store."),
        };
    }

    private async ValueTask CloseStreamsAsync()
    {
        _finished.AddRange(_open.Values);
        _open.Clear();
        await CommitAsync().ConfigureAwait(false);
    }

    private async ValueTask CommitAsync()
    {
        do
        {
            _store.Parts.Supply.Step();
            while (_store.Parts.Committer.Step())
            {
            }
        }
        while (!_store.Parts.Queue.IsEmpty);

        foreach (Task append in _appends)
            await append.ConfigureAwait(false);
        _appends.Clear();
        _pendingBytes = 0;
        foreach (LocalStream stream in _finished)
            await stream.DisposeAsync().ConfigureAwait(false);
        _finished.Clear();
    }
}
