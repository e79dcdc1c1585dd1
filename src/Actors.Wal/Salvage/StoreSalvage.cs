using Actors.Wal.Copying;
using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Salvage;

/// <summary>
/// Makes a new store of what validates in a damaged one. It reads all files and collects valid frames, decides which of them are
/// part of the log and what is missing, chooses for each stream the newest events without a gap, and appends these to a new store.
/// The damaged store is only read.
/// </summary>
internal sealed class StoreSalvage(IStorage storage, string target)
{
    private const int ProgressRecords = 1024;

    private readonly StreamNames _streams = new();
    private SourceStore _source = null!;
    private IReadOnlyList<FoundFrame> _frames = [];
    private StreamChoice?[] _choices = [];
    private int[] _lastKept = [];
    private long _bytes;

    /// <summary>Called with the work done and the work in all: bytes while reading, records while writing.</summary>
    public Action<SalvageStage, long, long> Progress { get; init; } = static (_, _, _) => { };

    /// <exception cref="DirectoryNotFoundException">There is no store to read.</exception>
    /// <exception cref="IOException">The target exists, or can't be written.</exception>
    /// <exception cref="LogCorruptException">Neither the manifest nor any header gives the store's id.</exception>
    public async Task<SalvageReport> RunAsync(CancellationToken cancellationToken = default)
    {
        TargetDirectory directory = TargetDirectory.Prepare(target, storage.Root);
        try
        {
            return await RunAsync(directory, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            directory.Discard();
            throw;
        }
    }

    private async Task<SalvageReport> RunAsync(TargetDirectory directory, CancellationToken cancellationToken)
    {
        _source = SourceStore.Open(storage);
        ScannedFile[] files = Scan(cancellationToken);
        LogAccount log = LogAccount.Of(_source, files);
        _frames = log.Frames;
        Choose(log.Lost);
        KeptRecords kept = await WriteAsync(files, directory.Partial, cancellationToken).ConfigureAwait(false);
        directory.Complete();
        return new SalvageReport(
            _source.StoreId, files.Length, _bytes, _frames.Count, log.Damage, log.Lost.Ranges, log.TornBytes, log.EndUnknown, kept, Losses(log));
    }

    private ScannedFile[] Scan(CancellationToken cancellationToken)
    {
        long[] lengths = [.. _source.Names.Select(LengthOf)];
        long total = lengths.Sum();
        var files = new ScannedFile[_source.Names.Count];
        for (int i = 0; i < files.Length; i++)
        {
            SegmentName name = _source.Names[i];
            Progress(SalvageStage.Reading, _bytes, total);
            files[i] = name.IsCold
                ? ColdScan.Run(_source, name, i, _streams, cancellationToken)
                : SegmentScan.Run(_source, name, i, _streams, cancellationToken);
            _bytes += lengths[i];
        }

        Progress(SalvageStage.Reading, _bytes, total);
        return files;
    }

    private long LengthOf(SegmentName name)
    {
        using IStorageFile file = _source.OpenFile(name);
        return file.LengthBytes;
    }

    private void Choose(LostRecords lost)
    {
        var byStream = new List<int>[_streams.Count];
        for (int i = 0; i < _frames.Count; i++)
            (byStream[_frames[i].Stream] ??= []).Add(i);
        _choices = new StreamChoice?[_streams.Count];
        _lastKept = new int[_streams.Count];
        for (int i = 0; i < byStream.Length; i++)
        {
            if (byStream[i] is not { } frames)
                continue;
            StreamChoice choice = StreamChoice.Of(StreamLife.Of(frames.Select(f => _frames[f]), lost));
            _choices[i] = choice;
            _lastKept[i] = frames.FindLast(f => choice.Keeps(_frames[f]));
        }
    }

    private async Task<KeptRecords> WriteAsync(IReadOnlyList<ScannedFile> files, string directory, CancellationToken cancellationToken)
    {
        using var source = new FrameSource(_source, files);
        int[] kept = [.. Enumerable.Range(0, _frames.Count).Where(i => _choices[_frames[i].Stream]!.Keeps(_frames[i]))];
        long firstMicros = 0;
        if (kept.Length > 0)
        {
            source.Read(_frames[kept[0]], out FrameHeader oldest);
            firstMicros = oldest.TimeMicros;
        }

        int largest = kept.Select(i => _frames[i].LengthBytes).DefaultIfEmpty().Max();
        await using RecordWriter store = RecordWriter.Open(directory, firstMicros, largest, files.Max(f => f.PreparedBytes), SyncPolicy.Always);
        for (int i = 0; i < kept.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            FoundFrame frame = _frames[kept[i]];
            ReadOnlyMemory<byte> bytes = source.Read(frame, out FrameHeader header);
            LogStreamId stream = _streams[frame.Stream];
            Sequence first = _choices[frame.Stream]!.Kept!.Value.From;

            // A state record before the first kept event is kept as the checkpoint of the events behind it. Its own event is truncated.
            bool isBase = header.Kind == LogRecordKind.State && header.Sequence < first;
            await store.AddAsync(Records.Of(header, bytes, stream), isBase ? header.Sequence : first).ConfigureAwait(false);
            if (isBase)
                await store.TruncateAsync(stream, first).ConfigureAwait(false);
            if (kept[i] == _lastKept[frame.Stream])
                store.Finish(stream);
            if (i % ProgressRecords == 0)
                Progress(SalvageStage.Writing, i, kept.Length);
        }

        Progress(SalvageStage.Writing, kept.Length, kept.Length);
        await store.CompleteAsync().ConfigureAwait(false);
        return new KeptRecords(
            _choices.LongCount(c => c?.Kept is not null),
            kept.LongCount(i => _frames[i].IsEvent),
            kept.LongCount(i => _frames[i].Kind == LogRecordKind.Checkpoint));
    }

    private List<StreamLoss> Losses(LogAccount log)
    {
        Lsn unexplained = log.Lost.LastUnexplained;
        return
        [
            .. Enumerable.Range(0, _streams.Count)
                .Select(i => _choices[i]?.Loss(_streams[i], unexplained, log.EndUnknown is not null))
                .OfType<StreamLoss>()
                .OrderBy(l => l.Stream.Value, StringComparer.Ordinal),
        ];
    }
}

/// <summary>The stage of a salvage.</summary>
internal enum SalvageStage
{
    Reading,
    Writing,
}
