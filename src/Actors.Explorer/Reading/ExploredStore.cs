using Actors.Explorer.Payloads;
using Actors.Explorer.Sources;
using Actors.Explorer.Stores;
using Actors.Wal;

namespace Actors.Explorer.Reading;

/// <summary>A store as the explorer shows it: where it is kept, with what the program knows of it.</summary>
/// <param name="name">The name to show.</param>
/// <param name="source">Where it is kept.</param>
/// <param name="meaning">What a silo knows of it; null when the types are not known.</param>
internal sealed class ExploredStore(string name, StoreSource source, StoreMeaning? meaning = null) : IExploredStore
{
    private readonly RecordReader _records = new(id => meaning?.KindOf(id));

    public string Name => name;

    public string Place => source.Place;

    public StoreAbilities Abilities { get; } = new(source.IsLive, meaning is not null, source.HasSegments, meaning?.Changes);

    public async ValueTask<StoreOverview> GetOverviewAsync(CancellationToken cancellationToken = default)
    {
        StoreOverview overview = await source.GetOverviewAsync(cancellationToken).ConfigureAwait(false);
        return meaning is null ? overview : overview with { Quarantined = meaning.Quarantined };
    }

    public async ValueTask<StreamPage> ListAsync(StreamQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        StreamPage page = await source.ListAsync(query, cancellationToken).ConfigureAwait(false);
        Func<string, StreamMarks> marks = MarksNow();
        return page with { Rows = [.. page.Rows.Select(r => r with { Marks = marks(r.Id) })] };
    }

    public async ValueTask<StreamRow?> FindAsync(string stream, CancellationToken cancellationToken = default)
    {
        if (StreamIds.TryParse(stream) is not { } id)
            return null;
        using ReaderLease lease = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (await lease.Reader.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } info)
            return null;
        IReadOnlyList<LogRecord> last = await lease.Reader.ReadRowsAsync(id, info.Head.Value, info.Head.Value, static r => r, cancellationToken).ConfigureAwait(false);
        return Rows.Of(info) with { Marks = MarksNow()(stream), LastTime = last is [var record] ? record.Time : null };
    }

    public async ValueTask<IReadOnlyList<RecordRow>> ReadAsync(string stream, long from, long to, CancellationToken cancellationToken = default)
    {
        LogStreamId id = StreamIds.Parse(stream);
        using ReaderLease lease = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
        SkippedEvent[] skipped = [.. (await SkippedEvents.ReadAsync(lease.Reader, cancellationToken).ConfigureAwait(false)).Where(s => s.Stream == id)];
        return await lease.Reader.ReadRowsAsync(id, from, to, r => _records.Row(r, Array.Exists(skipped, s => s.IsOf(r))), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long> SequenceAtAsync(string stream, DateTimeOffset time, CancellationToken cancellationToken = default)
    {
        LogStreamId id = StreamIds.Parse(stream);
        using ReaderLease lease = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (await lease.Reader.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } info)
            return 0;
        (long low, long high) = (info.First.Value - 1, info.Head.Value);
        while (low < high)
        {
            long middle = low + (high - low + 1) / 2;
            IReadOnlyList<DateTimeOffset> at = await lease.Reader.ReadRowsAsync(id, middle, middle, static r => r.Time, cancellationToken).ConfigureAwait(false);
            if (at is [var found] && found > time)
                high = middle - 1;
            else
                low = middle;
        }

        return low < info.First.Value ? 0 : low;
    }

    public async ValueTask<StateView> GetStateAsync(string stream, long sequence, CancellationToken cancellationToken = default)
    {
        LogStreamId id = StreamIds.Parse(stream);
        using ReaderLease lease = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
        return await new StreamStates(lease.Reader, id, meaning?.KindOf(id), _records).AtAsync(sequence, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<FieldChange?> FindLastChangeAsync(string stream, string path, long sequence, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        LogStreamId id = StreamIds.Parse(stream);
        using ReaderLease lease = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
        return await new StreamStates(lease.Reader, id, meaning?.KindOf(id), _records).LastChangeAsync(path, sequence, progress, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<SegmentMap> GetSegmentsAsync(CancellationToken cancellationToken = default) => source.GetSegmentsAsync(cancellationToken);

    public async ValueTask<IReadOnlyList<SegmentUse>> GetPathAsync(string stream, CancellationToken cancellationToken = default)
    {
        LogStreamId id = StreamIds.Parse(stream);
        SegmentMap map = await source.GetSegmentsAsync(cancellationToken).ConfigureAwait(false);
        using ReaderLease lease = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
        return await new StreamPath(lease.Reader, id, map.Segments).FindAsync(cancellationToken).ConfigureAwait(false);
    }

    public IAsyncEnumerable<FeedSlice> FollowAsync(FeedFilter filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return source.FollowAsync(record => RowOf(record, filter), cancellationToken);
    }

    public IAsyncEnumerable<VerifyState> VerifyAsync(CancellationToken cancellationToken = default) => source.VerifyAsync(cancellationToken);

    private RecordRow? RowOf(LogRecord record, FeedFilter filter)
    {
        if (!record.Stream.Value.StartsWith(filter.Prefix, StringComparison.Ordinal))
            return null;
        RecordRow row = _records.Row(record);
        return filter.Text.Length == 0 || Has(row.Json, filter.Text) || Has(row.Type, filter.Text) || Has(row.IdempotencyKey, filter.Text) ? row : null;
    }

    private Func<string, StreamMarks> MarksNow()
    {
        HashSet<string> quarantined = [.. (meaning?.Quarantined ?? []).Select(q => q.Stream)];
        Func<LogStreamId, StreamMarks> open = source.MarksNow();
        return id => open(new LogStreamId(id)) | (quarantined.Contains(id) ? StreamMarks.Quarantined : StreamMarks.None);
    }

    private static bool Has(string? text, string part) => text?.Contains(part, StringComparison.OrdinalIgnoreCase) ?? false;
}
