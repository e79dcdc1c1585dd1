using System.Security.Cryptography;
using Actors.Wal.Copying;
using Actors.Wal.Postgres.Reading;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Npgsql;

namespace Actors.Wal.Postgres.Copying;

/// <summary>
/// Writes a new store in a schema. It sends the rows that the store itself would have written, except for their times, in bulk over several
/// connections, each for its own streams. The committed rows are the beginning of each stream's chain, so the chain itself shows how far a
/// copy has come.
/// </summary>
internal sealed class PostgresCopyTarget(PostgresLogStoreOptions options) : CopyTarget
{
    public const int FirstEpoch = 1;

    private const int MostLanes = 4;

    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(100);

    private readonly CopyTables _tables = new(options.Schema);
    private readonly Dictionary<LogStreamId, CopiedStream> _streams = [];
    private readonly Dictionary<LogStreamId, CopyPosition> _positions = [];
    private readonly Dictionary<long, StreamInfo> _written = [];
    private readonly List<CopyLane> _lanes = [];
    private NpgsqlConnection? _connection;
    private StoreSnapshot? _snapshot;
    private DateTimeOffset _last = DateTimeOffset.UnixEpoch;

    internal override bool NeedsTimeOrder => false;

    internal override async Task BeginAsync(string source, CancellationToken cancellationToken)
    {
        long owner;
        try
        {
            await ServerSettings.RequireDurableAsync(options.DataSource, cancellationToken).ConfigureAwait(false);
            _connection = await options.DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await LockAsync(_connection, cancellationToken).ConfigureAwait(false);
            await Migrations.ApplyAsync(options.DataSource, options, cancellationToken).ConfigureAwait(false);
            owner = await BeginAsync(_connection, source, cancellationToken).ConfigureAwait(false);
            await ReadPositionsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException e) when (ServerErrors.IsUnreachable(e))
        {
            throw new StoreUnreachableException($"The store in schema '{options.Schema}' can't be opened: {e.Message}", e);
        }

        for (int i = 0; i < Math.Clamp(Environment.ProcessorCount, 2, MostLanes); i++)
            _lanes.Add(new CopyLane(options, _tables, owner));
    }

    internal override CopyPosition? PositionOf(LogStreamId stream) => _positions.TryGetValue(stream, out CopyPosition position) ? position : null;

    internal override async ValueTask AddAsync(LogRecord record, Sequence begin, CancellationToken cancellationToken)
    {
        CopyLane lane = LaneOf(record.Stream);
        if (!_streams.TryGetValue(record.Stream, out CopiedStream? stream))
        {
            stream = new CopiedStream(record.Stream, new StreamTail(begin.Value, 0, default, begin.Value, null, null));
            _streams.Add(record.Stream, stream);
            lane.Filling.Begin(stream, record.Time);
        }

        lane.Filling.Add(stream, record);
        _last = record.Time > _last ? record.Time : _last;
        await lane.SendAsync(isLast: false, cancellationToken).ConfigureAwait(false);
    }

    internal override async ValueTask TruncateAsync(LogStreamId stream, Sequence first, CancellationToken cancellationToken)
    {
        CopiedStream copied = _streams[stream];
        if (first.Value <= copied.Tail.First)
            return;
        CopyLane lane = LaneOf(stream);
        lane.Filling.Truncate(copied, first.Value, _last);
        await lane.SendAsync(isLast: false, cancellationToken).ConfigureAwait(false);
    }

    internal override async Task<IReadOnlyDictionary<LogStreamId, StreamInfo>> FinishAsync(CancellationToken cancellationToken)
    {
        foreach (CopyLane lane in _lanes)
            await lane.FinishAsync(cancellationToken).ConfigureAwait(false);
        _snapshot = await StoreSnapshot.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await foreach (StoredStream stream in _snapshot.StreamsAsync("", deleted: false, cancellationToken).ConfigureAwait(false))
        {
            if (stream.Info is { } info)
                _written.Add(stream.Id, info);
        }

        return _written.Values.ToDictionary(s => s.Id);
    }

    internal override IAsyncEnumerable<LogRecord> ReadAsync(IReadOnlySet<LogStreamId>? streams, CancellationToken cancellationToken)
        => PostgresCopySource.ReadAsync(_snapshot!, byTime: false, _written, streams, all: streams is null, cancellationToken);

    internal override async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await _snapshot!.DisposeAsync().ConfigureAwait(false);
        _snapshot = null;
        await _tables.CompleteAsync(_connection!, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (CopyLane lane in _lanes)
            await lane.DisposeAsync().ConfigureAwait(false);
        if (_snapshot is not null)
            await _snapshot.DisposeAsync().ConfigureAwait(false);
        if (_connection is not null)
        {
            await _tables.UnlockAsync(_connection).ConfigureAwait(false);
            await _connection.DisposeAsync().ConfigureAwait(false);
        }

        if (options.OwnsDataSource)
            await options.DataSource.DisposeAsync().ConfigureAwait(false);
    }

    private CopyLane LaneOf(LogStreamId stream) => _lanes[(int)((uint)stream.GetHashCode() % (uint)_lanes.Count)];

    /// <summary>Takes the copy's lock. It tries for some seconds, because the session of a killed copy ends later than its process.</summary>
    private async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        long begun = options.Time.GetTimestamp();
        while (!await _tables.TryLockAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            if (options.Time.GetElapsedTime(begun) > LockPatience)
                throw new IOException($"Another copy into schema '{options.Schema}' is under way. Wait until it ends.");
            await Task.Delay(LockPause, options.Time, cancellationToken).ConfigureAwait(false);
        }

        await _tables.SettleAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins or continues a copy. Returns the owner number of its rows, which is the same in all runs.</summary>
    private async Task<long> BeginAsync(NpgsqlConnection connection, string source, CancellationToken cancellationToken)
    {
        if (await _tables.FindAsync(connection, cancellationToken).ConfigureAwait(false) is { } begun)
        {
            return begun.Source == source
                ? begun.Owner
                : throw new IOException($"Schema '{options.Schema}' holds a copy of {begun.Source} that was begun, and not of {source}. Go on with that one, drop the schema's tables, or name another schema.");
        }

        if (!await _tables.IsEmptyAsync(connection, cancellationToken).ConfigureAwait(false))
            throw new IOException($"Schema '{options.Schema}' has a store with streams already. Name another schema.");
        long owner = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        await _tables.BeginAsync(connection, source, owner, cancellationToken).ConfigureAwait(false);
        return owner;
    }

    private async Task ReadPositionsAsync(CancellationToken cancellationToken)
    {
        await using StoreSnapshot snapshot = await StoreSnapshot.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        Dictionary<long, CopiedStream> byId = [];
        await foreach (StoredStream stored in snapshot.StreamsAsync("", deleted: false, cancellationToken).ConfigureAwait(false))
        {
            if (stored.Last is not { } last)
                continue;
            var stream = new CopiedStream(new LogStreamId(stored.Name), last.Tail) { Id = stored.Id };
            _streams.Add(stream.Name, stream);
            byId.Add(stored.Id, stream);
            _positions.Add(stream.Name, new CopyPosition(stream.Tail.Head, 0));
            _last = last.Time > _last ? last.Time : _last;
        }

        // A stream has checkpoints behind its last event only if its last row has no events.
        long[] ends = [.. byId.Where(s => s.Value.Tail.Sub > 0).Select(s => s.Key)];
        await foreach ((long id, int checkpoints) in snapshot.CheckpointsBehindAsync(ends, cancellationToken).ConfigureAwait(false))
            _positions[byId[id].Name] = _positions[byId[id].Name] with { Checkpoints = checkpoints };
    }
}
