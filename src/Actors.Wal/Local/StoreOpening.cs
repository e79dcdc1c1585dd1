using System.Diagnostics;
using Actors.Wal.Clocks;
using Actors.Wal.Commit;
using Actors.Wal.Compaction;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Recovery;
using Actors.Wal.Segments;
using Actors.Wal.Storage;
using Actors.Wal.Streams;

namespace Actors.Wal.Local;

/// <summary>
/// Opens the store in a directory: lock, manifest, recovery, the new segment that fixes the log's end, the manifest of the
/// new directory epoch, and only then the removal of the bytes after the log's end.
/// </summary>
internal static class StoreOpening
{
    public static LocalLogStore Open(LocalLogStoreOptions options, IStorage storage)
    {
        try
        {
            return Open(options, new StoreEnvironment(storage));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(
                $"The store in '{options.Directory}' can't be opened: {e.Message} {Native.User()} must be able to write to this directory and to all files in it.", e);
        }
    }

    public static LocalLogStore Open(LocalLogStoreOptions options, StoreEnvironment environment)
    {
        IStorage storage = environment.Storage;
        using Activity? activity = Metrics.Activities.StartActivity("wal.open");
        long started = Stopwatch.GetTimestamp();
        IDisposable directoryLock = StoreDirectory.Lock(storage);
        StoreParts? parts = null;
        var segments = new SegmentSet();
        try
        {
            Manifest manifest = StoreDirectory.ReadOrCreate(environment, options.Time, out bool created);
            RecoveredLog log = new LogRecovery(storage, manifest, segments, created, options.VerifyOnOpen, options.OpenProgress).Run();
            TailCut.Prepare(storage, log);
            if (options.Time is not RecordTime) // a copy keeps the times of its records
                options = options with { Time = new StoreClock(options.Time, log.LastTimeMicros == 0 ? null : UnixMicros.ToTime(log.LastTimeMicros)) };
            parts = Assemble(options, environment, log, directoryLock);
            StartSegment(parts);
            StoreDirectory.Replace(storage, manifest with { DirectoryEpoch = log.DirectoryEpoch, OpenSegment = log.NextSegment });
            TailCut.Finish(storage, log);
            parts.Archiver.Sealed(log.NextSegment - 1);
            parts.Saver.Sealed(log.NextSegment - 1);
            if (environment.Threads)
                parts.Threads = StoreThreads.Start(parts, options);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
            Metrics.OpenDuration.Record(elapsed.TotalSeconds);
            return new LocalLogStore(options, parts, ReportOf(log, elapsed));
        }
        catch
        {
            parts?.Committer.Abandon();
            parts?.Supply.Abandon(parts.Queue.GiveBackUnused());
            segments.Dispose();
            directoryLock.Dispose();
            throw;
        }
    }

    private static StoreParts Assemble(LocalLogStoreOptions options, StoreEnvironment environment, RecoveredLog log, IDisposable directoryLock)
    {
        Manifest manifest = log.Manifest;
        IStorage storage = environment.Storage;
        var size = new StoreSize(log.Segments, options) { SnapshotBytes = log.Snapshot?.FileBytes ?? 0 };
        var supply = new SegmentSupply(storage, options.SegmentBytes, log.NextSegment, size);
        var saver = new IndexSaver(storage, manifest, log.Segments, log.Snapshot, options.IndexSnapshotBytes, size);
        var archiver = new SegmentArchiver(options.Archive, storage, log.Segments);
        var queue = new AppendQueue(options, log.Position.LastLsn, log.LastTimeMicros, supply);
        var writer = new LogWriter(manifest.StoreId, log.DirectoryEpoch, log.Position);
        var publication = new Publication(log.Position.LastLsn, log.Index.Count);
        var completions = new CompletionQueue<AppendRequest>(environment.Threads);
        var committer = new Committer(options, storage, queue, writer, supply, log.Segments, publication, completions);
        var loader = new StreamLoader(log.Index, log.Segments, manifest.StoreSeed, manifest.HashSeed);
        var requests = new AppendRequestPool();
        var streams = new StreamTable(log.Index, loader, publication);
        var files = new LogFiles(storage, manifest, log.Segments);
        var compactions = new CompactionCounters();
        var live = new LiveFrames(streams, log.Segments, manifest.StoreSeed) { Damaged = d => Count(d, log.Segments, compactions) };
        var choice = new CompactionChoice(options, files, live, saver, archiver, publication, size);
        var replacement = new SegmentReplacement(files, saver, streams, log.Index, live);
        var parts = new StoreParts
        {
            Manifest = manifest,
            Index = log.Index,
            Segments = log.Segments,
            Size = size,
            Supply = supply,
            Saver = saver,
            Archiver = archiver,
            Compactor = new Compactor(options, publication, size, choice, new SegmentCopy(files, live, publication), replacement, compactions),
            Requests = requests,
            Queue = queue,
            Committer = committer,
            Publication = publication,
            Loader = loader,
            Streams = streams,
            Ownership = new StreamOwnership(queue, requests, streams, publication, log.DirectoryEpoch),
            DirectoryLock = directoryLock,
        };
        StoreWiring.Connect(parts, options, completions);
        return parts;
    }

    private static void Count(LogCorruptException damage, SegmentSet segments, CompactionCounters counters)
    {
        if (segments.Damage.Note(damage))
            counters.CountFailure(damage);
    }

    /// <summary>Writes the next segment's header with a mark. From then on the end of the log is the one that recovery found.</summary>
    private static void StartSegment(StoreParts parts)
    {
        parts.Supply.PrepareOne();
        if (!parts.Supply.HasReady && parts.Supply.Full is { } full)
            throw new StoreFullException(full.Message, full);
        parts.Committer.WriteMark();
        if (parts.Queue.Failure is { } failure)
            throw new IOException($"The store's new segment could not be written: {failure.Message}", failure);
    }

    private static RecoveryReport ReportOf(RecoveredLog log, TimeSpan elapsed) => new()
    {
        Created = log.Created,
        CleanClose = log.CleanClose,
        DirectoryEpoch = log.DirectoryEpoch,
        Segments = log.SegmentsRead,
        Batches = log.Batches,
        Frames = log.Frames,
        Bytes = log.Bytes,
        SnapshotLsn = log.Snapshot?.End.LastLsn,
        Streams = log.Index.Count,
        LastLsn = log.Position.LastLsn,
        Torn = log.Torn,
        Elapsed = elapsed,
    };
}
