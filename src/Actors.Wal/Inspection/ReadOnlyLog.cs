using Actors.Wal.Compaction;
using Actors.Wal.Feeds;
using Actors.Wal.Format;
using Actors.Wal.Recovery;
using Actors.Wal.Segments;
using Actors.Wal.Storage;
using Actors.Wal.Streams;

namespace Actors.Wal.Inspection;

/// <summary>
/// A log as of one moment, read from its files also while its owner writes. No lock is taken and nothing is changed.
/// </summary>
internal sealed class ReadOnlyLog : IDisposable
{
    // A batch that the owner is writing may be read in part. It looks damaged once the next batch is there, so it is read again.
    private const int Tries = 5;

    private readonly RecoveredLog _log;
    private readonly StreamLoader _loader;
    private readonly PinnedStorage _storage;

    private ReadOnlyLog(PinnedStorage storage, RecoveredLog log)
    {
        _storage = storage;
        _log = log;
        _loader = new StreamLoader(log.Index, log.Segments, log.Manifest.StoreSeed, log.Manifest.HashSeed);
    }

    public Manifest Manifest => _log.Manifest;

    public IReadOnlyList<Segment> Segments => _log.Segments.All;

    public Lsn LastLsn => _log.Position.LastLsn;

    public long Streams => _log.Index.Count;

    /// <summary>Whether the last owner closed the store, and it was not opened since.</summary>
    public bool IsClosed => _log.CleanClose;

    /// <summary>The bytes that an opening would cut from the end. While an owner writes, they are its write in progress.</summary>
    public TornTail? Torn => _log.Torn;

    /// <summary>Reads a store's directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="readAll">Whether the whole log is read and validated, instead of only what is newer than the last index snapshot.</param>
    /// <exception cref="DirectoryNotFoundException">There is no store.</exception>
    /// <exception cref="LogCorruptException">The log is damaged.</exception>
    public static ReadOnlyLog Open(string directory, bool readAll = false)
    {
        ReadOnlyStorage files = Storage(directory);
        for (int tries = 1; ; tries++)
        {
            PinnedStorage storage = PinnedStorage.Open(files);
            var segments = new SegmentSet();
            try
            {
                return new ReadOnlyLog(storage, new LogRecovery(storage, StoreDirectory.Read(storage), segments, created: false, readAll).Run());
            }
            catch (Exception e) when (tries < Tries && e is LogCorruptException or FileNotFoundException)
            {
                segments.Dispose();
                storage.Dispose();
            }
            catch
            {
                segments.Dispose();
                storage.Dispose();
                throw;
            }
        }
    }

    /// <summary>Returns the files of a store that may have an owner.</summary>
    public static ReadOnlyStorage Storage(string directory)
    {
        var storage = new ReadOnlyStorage(new FileStorage(directory));
        return storage.Exists(SegmentFiles.ManifestFile)
            ? storage
            : throw new DirectoryNotFoundException($"There is no store in '{directory}': it has no file named {SegmentFiles.ManifestFile}.");
    }

    /// <summary>Returns what shows the log to people.</summary>
    public LogInspector Inspect()
        => new(Manifest, _log.Index, _loader, _log.Segments, new StreamTable(_log.Index, _loader, new Publication(LastLsn, Streams)), () => LastLsn);

    /// <summary>Returns a reader of the records behind an LSN. It ends at <see cref="LastLsn"/>.</summary>
    public FeedReader Feed(Lsn seen) => new(_log.Segments, Manifest.StoreSeed, seen, CancellationToken.None);

    /// <summary>Returns an estimator of how much of a segment is live.</summary>
    public SegmentEstimate Estimate() => new(Live(), Manifest.StoreSeed);

    /// <summary>Returns an object that tells which frames are live.</summary>
    public LiveFrames Live()
    {
        var publication = new Publication(LastLsn, Streams);
        var streams = new StreamTable(_log.Index, _loader, publication);
        return new LiveFrames(streams, _log.Segments, Manifest.StoreSeed);
    }

    /// <summary>Returns the streams whose names have the prefix, in the order of their last frames.</summary>
    public IEnumerable<StreamInfo> List(string prefix)
        => _loader.DescribeAll(static () => { }, CancellationToken.None).Where(s => s.Id.Value.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Returns a stream's head, first event and checkpoint; null when there is no stream of that name.</summary>
    public StreamInfo? Find(LogStreamId id)
    {
        StreamView view = _loader.Load(id).Published;
        return view.HeadLocation is null ? null : new StreamInfo(id, view.Head, view.First, view.Checkpoint);
    }

    /// <summary>Reads events in order, both ends included.</summary>
    public IEnumerable<LogRecord> Read(LogStreamId id, Sequence from, Sequence to)
        => History(id).Forward(from, to);

    /// <summary>Reads the last checkpoint and the events behind it.</summary>
    public IEnumerable<LogRecord> Replay(LogStreamId id) => History(id).Replay();

    public void Dispose()
    {
        _log.Segments.Dispose();
        _storage.Dispose();
    }

    private StreamHistory History(LogStreamId id)
    {
        StreamState stream = _loader.Load(id);
        return new StreamHistory(stream, stream.Published, _loader.ReadersOf(stream));
    }
}
