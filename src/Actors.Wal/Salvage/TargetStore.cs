using Actors.Wal.Format;
using Actors.Wal.Opening;
using Actors.Wal.Storage;
using Actors.Wal.Streams;

namespace Actors.Wal.Salvage;

/// <summary>
/// The new store: written by the engine itself, record after record in the order of the old log, each at its own time. A
/// batch has one time, so one is committed before the time changes.
/// </summary>
internal sealed class TargetStore : IAsyncDisposable
{
    private const long DefaultSegmentBytes = 64 * 1024 * 1024;
    private const int DefaultBatchBytes = 8 * 1024 * 1024;
    private const int SmallestBatchBytes = 16 * 1024;
    private const int BatchRoomBytes = 4096;

    private readonly LocalLogStore _store;
    private readonly SalvageTime _time;
    private readonly long _commitBytes;
    private readonly Dictionary<int, LocalStream> _open = [];
    private readonly List<Task> _appends = [];
    private readonly List<LocalStream> _finished = [];
    private long _pendingBytes;

    private TargetStore(LocalLogStore store, SalvageTime time)
    {
        _store = store;
        _time = time;
        _commitBytes = store.Options.MaxBatchBytes / 2;
    }

    /// <summary>Creates it.</summary>
    /// <param name="directory">An empty directory.</param>
    /// <param name="firstMicros">The time of the first record.</param>
    /// <param name="largestBytes">The longest frame.</param>
    /// <param name="segmentBytes">How long the old store's segments are; null when nothing tells.</param>
    public static TargetStore Create(string directory, long firstMicros, int largestBytes, long? segmentBytes)
    {
        long segment = segmentBytes is >= LocalLogStoreOptions.MinSegmentBytes and <= LocalLogStoreOptions.MaxSegmentBytes && segmentBytes % Layout.SectorBytes == 0
            ? segmentBytes.Value
            : DefaultSegmentBytes;
        long batch = Math.Max(Math.Clamp(segment / 2, SmallestBatchBytes, DefaultBatchBytes), largestBytes + (long)BatchRoomBytes);
        segment = Math.Max(segment, Layout.AlignSector(2 * batch));
        var time = new SalvageTime(firstMicros);
        var options = new LocalLogStoreOptions
        {
            Directory = directory,
            SegmentBytes = segment,
            SegmentAge = null,
            MaxBatchBytes = checked((int)batch),
            MaxRecordBytes = (int)batch - BatchRoomBytes,
            Time = time,
        };
        options.Validate();
        return new TargetStore(StoreOpening.Open(options, new StoreEnvironment(new FileStorage(directory)) { Threads = false }), time);
    }

    /// <summary>Appends a record.</summary>
    /// <param name="number">The stream's number.</param>
    /// <param name="name">The stream.</param>
    /// <param name="first">The first event that the stream keeps.</param>
    /// <param name="header">The frame's fields.</param>
    /// <param name="frame">Its bytes.</param>
    /// <param name="isLast">Whether nothing more comes of this stream.</param>
    public async ValueTask AddAsync(int number, StreamId name, Sequence first, FrameHeader header, ReadOnlyMemory<byte> frame, bool isLast)
    {
        if (header.TimeMicros > _time.Micros || _pendingBytes > _commitBytes)
            await CommitAsync().ConfigureAwait(false);
        await LetInAsync().ConfigureAwait(false);
        _time.Micros = Math.Max(_time.Micros, header.TimeMicros);
        if (!_open.TryGetValue(number, out LocalStream? stream))
        {
            stream = (LocalStream)await _store.OpenAsync(name).ConfigureAwait(false);
            _open.Add(number, stream);
            BeginBehind(stream.State, header.Kind == LogRecordKind.State && header.Sequence < first ? header.Sequence : first);
        }

        Append(stream, header, new EventData(frame[header.PayloadOffset..].ToArray(), header.Codec));
        _pendingBytes += header.PaddedBytes;
        if (header.Kind == LogRecordKind.State && header.Sequence < first)
        {
            // Its event is dropped, and it is kept as the checkpoint of those behind it.
            await LetInAsync().ConfigureAwait(false);
            _appends.Add(stream.TruncateAsync(first).AsTask());
        }

        if (!isLast)
            return;
        _open.Remove(number);
        _finished.Add(stream);
    }

    /// <summary>Commits what was appended and closes the store.</summary>
    public async ValueTask CompleteAsync()
    {
        await CommitAsync().ConfigureAwait(false);
        foreach (LocalStream stream in _open.Values)
            await stream.DisposeAsync().ConfigureAwait(false);
        _store.Parts.Saver.Step();
        await _store.DisposeAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private void BeginBehind(StreamState state, Sequence first)
    {
        if (first.Value > 1)
            _store.Parts.Queue.Exclusive(() => state.BeginBehind(new Sequence(first.Value - 1)));
    }

    /// <summary>What waits for room does not count yet for what is appended behind it: a checkpoint would be refused.</summary>
    private ValueTask LetInAsync() => _store.Parts.Queue.WaitingCount > 0 ? CommitAsync() : ValueTask.CompletedTask;

    private void Append(LocalStream stream, in FrameHeader header, EventData data)
    {
        switch (header.Kind)
        {
            case LogRecordKind.Event:
                _appends.Add(stream.AppendAsync(data).AsTask());
                break;
            case LogRecordKind.State:
                _appends.Add(stream.AppendStateAsync(data).AsTask());
                break;
            case LogRecordKind.Checkpoint:
                _appends.Add(stream.CheckpointAsync(header.Sequence, data).AsTask());
                break;
            default:
                throw new InvalidOperationException($"A {header.Kind} is not written to a new store.");
        }
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
