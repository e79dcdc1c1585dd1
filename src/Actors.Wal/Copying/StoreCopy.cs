using System.Diagnostics;

namespace Actors.Wal.Copying;

/// <summary>
/// Copies a store record by record, in the order that the target needs. Reads all of the source, skips what an earlier run has
/// copied, and then reads all of the target and compares.
/// </summary>
internal sealed class StoreCopy(CopySource source, CopyTarget target, CopyOptions options)
{
    private const int ProgressRecords = 4096;

    private readonly Dictionary<LogStreamId, StreamTally> _read = [];
    private long _events;
    private long _copied;

    public async Task<CopyReport> RunAsync(CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        if (source is LocalCopySource from && target is LocalCopyTarget to)
            to.RefuseWithin(from.Directory);
        IReadOnlyDictionary<LogStreamId, StreamInfo> streams = await source.OpenAsync(options.Prefix, cancellationToken).ConfigureAwait(false);
        _events = streams.Values.Sum(s => s.Head.Value - s.First.Value + 1);
        await target.BeginAsync(options.Prefix.Length == 0 ? source.Identity : $"{source.Identity}, streams '{options.Prefix}'", cancellationToken).ConfigureAwait(false);
        await CopyAsync(streams, cancellationToken).ConfigureAwait(false);
        IReadOnlyDictionary<LogStreamId, StreamInfo> copies = await target.FinishAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<LogStreamId, StreamTally> written = await ReadBackAsync(copies, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> differences = await new CopyComparison(source, target, _read, written).RunAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<LogStreamId> moved = await source.MovedAsync(cancellationToken).ConfigureAwait(false);
        if (differences.Count == 0 && moved.Count == 0)
            await target.CompleteAsync(cancellationToken).ConfigureAwait(false);
        return new CopyReport(
            _read.Count,
            _read.Values.Sum(t => t.Events),
            _read.Values.Sum(t => t.Checkpoints),
            _read.Values.Sum(t => t.Bytes),
            _copied,
            differences,
            [.. moved.OrderBy(s => s.Value, StringComparer.Ordinal)],
            Stopwatch.GetElapsedTime(begun));
    }

    private async Task CopyAsync(IReadOnlyDictionary<LogStreamId, StreamInfo> streams, CancellationToken cancellationToken)
    {
        foreach (StreamInfo info in streams.Values)
            _read.Add(info.Id, new StreamTally(info));
        long records = 0;
        long events = 0;
        await foreach (LogRecord record in source.ReadAsync(target.NeedsTimeOrder, null, cancellationToken).ConfigureAwait(false))
        {
            if (!_read.TryGetValue(record.Stream, out StreamTally? stream) || !stream.Keeps(record))
                continue;
            if (!stream.TryAdd(record))
                throw Missing(stream, record.Lsn);
            if (record.Kind != LogRecordKind.Checkpoint)
                events++;
            if (records++ % ProgressRecords == 0)
            {
                options.Progress(CopyStage.Copying, events, _events);
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (target.PositionOf(record.Stream) is { } there && there.Includes(stream.Position))
                continue;
            await target.AddAsync(record, stream.Begin, cancellationToken).ConfigureAwait(false);
            _copied++;
        }

        options.Progress(CopyStage.Copying, _events, _events);
        foreach (StreamTally stream in _read.Values)
        {
            if (stream.Position.Head != stream.Info.Head)
                throw Missing(stream, null);

            // An earlier run may have copied events that the source has truncated since.
            if (stream.Begin < stream.Info.First || (stream.Info.First.Value > 1 && target.PositionOf(stream.Info.Id) is not null))
                await target.TruncateAsync(stream.Info.Id, stream.Info.First, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Dictionary<LogStreamId, StreamTally>> ReadBackAsync(IReadOnlyDictionary<LogStreamId, StreamInfo> copies, CancellationToken cancellationToken)
    {
        Dictionary<LogStreamId, StreamTally> written = copies.Values.ToDictionary(i => i.Id, i => new StreamTally(i));
        long events = 0;
        await foreach (LogRecord record in target.ReadAsync(null, cancellationToken).ConfigureAwait(false))
        {
            // A record that does not follow is not counted, so the comparison finds the difference.
            if (!written.TryGetValue(record.Stream, out StreamTally? stream) || !stream.Keeps(record) || !stream.TryAdd(record))
                continue;
            if (events++ % ProgressRecords != 0)
                continue;
            options.Progress(CopyStage.Verifying, Math.Min(events, _events), _events);
            cancellationToken.ThrowIfCancellationRequested();
        }

        options.Progress(CopyStage.Verifying, _events, _events);
        return written;
    }

    private static LogCorruptException Missing(StreamTally stream, Lsn? lsn)
        => new($"Event {stream.Position.Head.Next} of stream '{stream.Info.Id}' is missing, and was not truncated.", "log", 0, lsn);
}
