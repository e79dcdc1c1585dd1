using System.Runtime.CompilerServices;
using Actors.Wal.Compaction;
using Actors.Wal.Inspection;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Copying;

/// <summary>A store in a directory. It is read from its first segment to its last, which is the order of its times.</summary>
internal sealed class LocalCopySource(string directory) : CopySource
{
    private DirectoryLock? _lock;
    private ReadOnlyLog? _log;

    public string Directory { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));

    internal override string Identity => $"the local store {_log!.Manifest.StoreId}";

    internal override Task<IReadOnlyDictionary<LogStreamId, StreamInfo>> OpenAsync(string prefix, CancellationToken cancellationToken)
    {
        ReadOnlyLog.Storage(Directory); // fails if there is no store
        _lock = DirectoryLock.Share(Directory, Path.Combine(Directory, SegmentFiles.LockFile));
        _log = ReadOnlyLog.Open(Directory);
        return Task.FromResult<IReadOnlyDictionary<LogStreamId, StreamInfo>>(_log.List(prefix).ToDictionary(s => s.Id));
    }

    internal override async IAsyncEnumerable<LogRecord> ReadAsync(bool byTime, IReadOnlySet<LogStreamId>? streams, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask.ConfigureAwait(false);
        LiveFrames live = _log!.Live();
        var names = new FrameNames();
        foreach (ScannedFrame frame in new FrameScan(_log).Frames())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (frame.Header.Kind is LogRecordKind.Truncation or LogRecordKind.Deletion || !live.IsLive(frame.Header, frame.Location, frame.Bytes))
                continue;
            LogStreamId stream = names.Of(frame);
            if (streams?.Contains(stream) ?? true)
                yield return Records.Of(frame.Header, frame.Bytes, stream);
        }
    }

    /// <summary>Returns no streams, because the lock keeps other writers out.</summary>
    internal override Task<IReadOnlyList<LogStreamId>> MovedAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<LogStreamId>>([]);

    public override ValueTask DisposeAsync()
    {
        _log?.Dispose();
        _lock?.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Maps the id bytes of frames to stream names, with one string for each stream.</summary>
internal sealed class FrameNames
{
    private readonly Dictionary<ulong, (byte[] Bytes, LogStreamId Name)> _known = [];

    /// <exception cref="LogCorruptException">The bytes are not a valid name.</exception>
    public LogStreamId Of(in ScannedFrame frame)
    {
        ReadOnlySpan<byte> bytes = Records.IdOf(frame.Header, frame.Bytes).Span;
        if (_known.TryGetValue(frame.Header.StreamHash, out (byte[] Bytes, LogStreamId Name) known) && bytes.SequenceEqual(known.Bytes))
            return known.Name;
        LogStreamId name = LogStreamId.FromBytes(bytes) ?? throw new LogCorruptException("A frame's stream id is no name.", frame.Segment.Path, frame.Location.OffsetBytes, frame.Header.Lsn);
        _known[frame.Header.StreamHash] = (bytes.ToArray(), name);
        return name;
    }
}
