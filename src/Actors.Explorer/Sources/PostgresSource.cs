using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Actors.Explorer.Stores;
using Actors.Wal;
using Actors.Wal.Postgres;
using Actors.Wal.Postgres.Inspection;
using Actors.Wal.Postgres.Streams;

namespace Actors.Explorer.Sources;

/// <summary>A store in PostgreSQL: that of a silo, or one that is only read.</summary>
/// <param name="place">The server, database and schema, without secrets.</param>
/// <param name="options">The store's options.</param>
/// <param name="reader">Reads the store.</param>
/// <param name="store">The silo's open store; null when it is only read.</param>
internal sealed class PostgresSource(string place, PostgresLogStoreOptions options, IStreamReader reader, PostgresLogStore? store = null) : StoreSource
{
    /// <summary>The most streams of a list that is not in the order of names.</summary>
    private const int Most = 2_000;

    // These cost the server something, so they are asked anew only after a while.
    private static readonly TimeSpan SizeAge = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ListAge = TimeSpan.FromSeconds(3);

    private readonly StoreLook _look = new(options);
    private readonly Aged<long> _size = new(SizeAge, options.Time);
    private readonly Aged<long> _streams = new(SizeAge, options.Time);
    private readonly Aged<IReadOnlyList<StreamInfo>> _newest = new(ListAge, options.Time);
    private (string Prefix, Aged<IReadOnlyList<StreamInfo>> List) _longest = ("", new(SizeAge, options.Time));

    public override string Place => place;

    public override bool IsLive => store is not null;

    public override bool HasSegments => false;

    public override Func<LogStreamId, StreamMarks> MarksNow()
    {
        var open = new Dictionary<LogStreamId, StreamMarks>();
        foreach (OwnedStream stream in store?.OpenStreams ?? [])
            open[stream.Name] = stream.Lost is null ? StreamMarks.Open : StreamMarks.Open | StreamMarks.Fenced;
        return id => open.GetValueOrDefault(id);
    }

    public override ValueTask<ReaderLease> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new ReaderLease(reader));

    public override async ValueTask<StoreOverview> GetOverviewAsync(CancellationToken cancellationToken)
    {
        Lsn end = await _look.EndAsync(cancellationToken).ConfigureAwait(false);
        var overview = new StoreOverview
        {
            Time = options.Time.GetUtcNow(),
            Streams = await _streams.GetAsync(() => _look.CountAsync("", cancellationToken)).ConfigureAwait(false),
            LastLsn = end.Value,
            FileBytes = await _size.GetAsync(() => _look.SizeAsync(cancellationToken)).ConfigureAwait(false),
        };
        if (store?.Statistics is not { } s)
            return overview;
        return overview with
        {
            OpenStreams = s.OpenStreams,
            DurableLsn = s.Durable.Value,
            Frames = s.AppendedFrames,
            Bytes = s.AppendedBytes,
            Batches = s.Batches,
            PendingBytes = s.PendingBytes,
            WaitingAppends = s.WaitingAppends,
            Failure = s.Failure?.Message,
        };
    }

    public override async ValueTask<StreamPage> ListAsync(StreamQuery query, CancellationToken cancellationToken)
    {
        if (query.Order == StreamOrder.Longest)
            return await LongestAsync(query, cancellationToken).ConfigureAwait(false);
        if (query.Prefix.Length > 0)
        {
            IReadOnlyList<StreamInfo> named = await _look.ByNameAsync(query.Prefix, query.Skip, query.Take, cancellationToken).ConfigureAwait(false);
            return new StreamPage([.. named.Select(Rows.Of)], await _look.CountAsync(query.Prefix, cancellationToken).ConfigureAwait(false), Note: "In the order of their ids.");
        }

        IReadOnlyList<StreamInfo> newest = await _newest.GetAsync(() => _look.NewestAsync(Most, cancellationToken)).ConfigureAwait(false);
        long all = await _streams.GetAsync(() => _look.CountAsync("", cancellationToken)).ConfigureAwait(false);
        return Cut(newest, query, all > newest.Count ? $"The {newest.Count:N0} streams of {all:N0} that were written last. Type how the id begins to see others." : null);
    }

    public override ValueTask<SegmentMap> GetSegmentsAsync(CancellationToken cancellationToken)
        => ValueTask.FromResult(new SegmentMap([], Note: "This store is kept in tables of PostgreSQL, and has no segments."));

    public override async IAsyncEnumerable<FeedSlice> FollowAsync(Func<LogRecord, RecordRow?> row, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Lsn seen = Lsn.Zero;
        bool isFirst = true;
        while (!cancellationToken.IsCancellationRequested)
        {
            Lsn end = await _look.EndAsync(cancellationToken).ConfigureAwait(false);
            if (end > seen)
            {
                (IReadOnlyList<LogRecord> records, bool isCut) = await _look.NewestRecordsAsync(seen, end, isFirst ? FeedPace.FirstRecords : FeedPace.MostRecords, cancellationToken).ConfigureAwait(false);
                yield return new FeedSlice([.. records.Select(row).OfType<RecordRow>()], end.Value, isCut && !isFirst ? null : 0);
                (seen, isFirst) = (end, false);
            }

            await Task.Delay(FeedPace.Period, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    protected override void Close() => (reader as PostgresLogReader)?.Dispose();

    public override async IAsyncEnumerable<VerifyState> VerifyAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Channel<VerifyState> states = Channel.CreateBounded<VerifyState>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        Task<RowReport> running = RunAsync();
        await foreach (VerifyState state in states.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            yield return state;
        RowReport report = await running.ConfigureAwait(false);
        yield return new VerifyState(
            report.Streams,
            report.Streams,
            "streams",
            [.. report.Problems.Select(p => new VerifyProblem($"{p.Stream}, row {p.Seq}/{p.Sub}", p.What))],
            IsDone: true,
            $"{report.Streams:N0} streams, {report.Rows:N0} rows, {report.Events:N0} events: {(report.Problems.Count == 0 ? "the rows of each stream are a chain." : $"{report.Problems.Count:N0} problems.")}");

        async Task<RowReport> RunAsync()
        {
            try
            {
                return await new RowVerification(options)
                {
                    Progress = (done, total) => states.Writer.TryWrite(new VerifyState(done, total, "streams", [], IsDone: false)),
                }.RunAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                states.Writer.Complete();
            }
        }
    }

    private async ValueTask<StreamPage> LongestAsync(StreamQuery query, CancellationToken cancellationToken)
    {
        if (_longest.Prefix != query.Prefix)
            _longest = (query.Prefix, new(SizeAge, options.Time));
        IReadOnlyList<StreamInfo> longest = await _longest.List.GetAsync(() => _look.LongestAsync(query.Prefix, Most, cancellationToken)).ConfigureAwait(false);
        return Cut(longest, query, longest.Count == Most ? $"The {Most:N0} longest. Type how the id begins to see others." : null);
    }

    private static StreamPage Cut(IReadOnlyList<StreamInfo> list, StreamQuery query, string? note)
        => new([.. list.Skip((int)Math.Min(query.Skip, int.MaxValue)).Take(query.Take).Select(Rows.Of)], list.Count, note is null, note);
}
