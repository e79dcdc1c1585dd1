using System.Runtime.CompilerServices;
using Actors.Wal.Format;
using Actors.Wal.Inspection;
using Actors.Wal.Reading;

namespace Actors.Wal.Copying;

/// <summary>
/// A new store in a directory. Records come in the order of their times, because the times of a local store must not go back. After
/// a kill, the records in the store tell where to continue. After a loss of power before the last flush, recovery finds its end.
/// </summary>
internal sealed class LocalCopyTarget(string directory) : CopyTarget
{
    private readonly Dictionary<LogStreamId, CopyPosition> _positions = [];
    private CopyDirectory? _directory;
    private RecordWriter? _writer;
    private ReadOnlyLog? _log;
    private long _lastMicros;
    private bool _isFinished;

    internal override bool NeedsTimeOrder => true;

    /// <exception cref="ArgumentException">The target is within the store that is read.</exception>
    public void RefuseWithin(string store)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (path == store || path.StartsWith(store + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new ArgumentException($"The copy can't be within the store that is read, '{store}'. Name another directory.");
    }

    internal override async Task BeginAsync(string source, CancellationToken cancellationToken)
    {
        _directory = CopyDirectory.Begin(directory, source);
        if (!_directory.HasStore)
            return;
        await OpenAsync(0, 0).ConfigureAwait(false);
        using var log = ReadOnlyLog.Open(_directory.Partial);
        var names = new FrameNames();
        foreach (ScannedFrame frame in new FrameScan(log).Frames())
        {
            cancellationToken.ThrowIfCancellationRequested();
            _lastMicros = frame.Header.TimeMicros;
            LogStreamId stream = names.Of(frame);
            if (frame.Header.Kind == LogRecordKind.Truncation)
                continue;
            Sequence begin = frame.Header.Kind == LogRecordKind.Checkpoint ? AnchorExtension.ReadFirst(frame.Bytes.Span) : frame.Header.Sequence;
            _positions[stream] = _positions.GetValueOrDefault(stream, new CopyPosition(new Sequence(begin.Value - 1), 0)).After(Records.Of(frame.Header, frame.Bytes, stream));
        }
    }

    internal override CopyPosition? PositionOf(LogStreamId stream) => _positions.TryGetValue(stream, out CopyPosition position) ? position : null;

    internal override async ValueTask AddAsync(LogRecord record, Sequence begin, CancellationToken cancellationToken)
    {
        long micros = UnixMicros.Of(record.Time);
        if (micros < _lastMicros)
            throw new IOException($"Record {record.Sequence} of stream '{record.Stream}' is of {record.Time:O}, which is before what an earlier run has copied, and the times of a local store don't go back. Several silos wrote to the source meanwhile: stop them, remove '{_directory!.Partial}' and copy again.");
        _lastMicros = micros;
        if (_writer is null || record.Payload.Length > _writer.MaxRecordBytes)
            await OpenAsync(micros, record.Payload.Length).ConfigureAwait(false);
        await _writer!.AddAsync(record, begin).ConfigureAwait(false);
    }

    internal override async ValueTask TruncateAsync(LogStreamId stream, Sequence first, CancellationToken cancellationToken)
    {
        if (_writer is null)
            await OpenAsync(_lastMicros, 0).ConfigureAwait(false);
        await _writer!.TruncateAsync(stream, first).ConfigureAwait(false);
    }

    internal override async Task<IReadOnlyDictionary<LogStreamId, StreamInfo>> FinishAsync(CancellationToken cancellationToken)
    {
        if (_writer is null)
            await OpenAsync(UnixMicros.Of(TimeProvider.System.GetUtcNow()), 0).ConfigureAwait(false);
        await _writer!.CompleteAsync().ConfigureAwait(false);
        _isFinished = true;
        _log = ReadOnlyLog.Open(_directory!.Partial);
        return _log.List("").ToDictionary(s => s.Id);
    }

    internal override async IAsyncEnumerable<LogRecord> ReadAsync(IReadOnlySet<LogStreamId>? streams, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask.ConfigureAwait(false);
        var names = new FrameNames();
        foreach (ScannedFrame frame in new FrameScan(_log!).Frames())
        {
            cancellationToken.ThrowIfCancellationRequested();
            LogStreamId stream = names.Of(frame);
            if (streams?.Contains(stream) ?? true)
                yield return Records.Of(frame.Header, frame.Bytes, stream);
        }
    }

    internal override Task CompleteAsync(CancellationToken cancellationToken)
    {
        _log!.Dispose();
        _directory!.Complete();
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        _log?.Dispose();
        if (_writer is not null && !_isFinished)
            await _writer.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Opens the store with options that accept a record of this length.</summary>
    private async ValueTask OpenAsync(long firstMicros, int largestBytes)
    {
        if (_writer is not null)
            await _writer.CompleteAsync().ConfigureAwait(false);
        _writer = null;
        _writer = RecordWriter.Open(_directory!.Partial, firstMicros, largestBytes, null, SyncPolicy.Never);
    }
}
