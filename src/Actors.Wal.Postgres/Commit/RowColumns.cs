using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>Many rows, column by column, each an array.</summary>
/// <param name="arePlain">Whether they take what is not among the first seven columns from the last row that is there.</param>
internal sealed class RowColumns(bool arePlain) : IRowParameters
{
    private const int LargestKeptBytes = 1024 * 1024;

    private readonly List<long> _stream = [];
    private readonly List<long> _lastSeq = [];
    private readonly List<int> _lastSub = [];
    private readonly List<int> _count = [];
    private readonly List<int> _epoch = [];
    private readonly List<int> _ordinal = [];
    private readonly List<ReadOnlyMemory<byte>?> _payload = [];
    private readonly List<long> _seq = [];
    private readonly List<int> _sub = [];
    private readonly List<short> _kind = [];
    private readonly List<long?> _checkpoint = [];
    private readonly List<long?> _baseSeq = [];
    private readonly List<int?> _baseSub = [];
    private readonly List<long> _first = [];
    private readonly List<int> _group = [];
    private byte[] _bytes = [];
    private int _used;

    public int Rows => _stream.Count;

    public void Bind(NpgsqlParameterCollection parameters)
    {
        Bind(parameters, NpgsqlDbType.Bigint, _stream);
        Bind(parameters, NpgsqlDbType.Bigint, _lastSeq);
        Bind(parameters, NpgsqlDbType.Integer, _lastSub);
        Bind(parameters, NpgsqlDbType.Integer, _count);
        Bind(parameters, NpgsqlDbType.Integer, _epoch);
        Bind(parameters, NpgsqlDbType.Integer, _ordinal);
        Bind(parameters, NpgsqlDbType.Bytea, _payload);
        if (arePlain)
            return;
        Bind(parameters, NpgsqlDbType.Bigint, _seq);
        Bind(parameters, NpgsqlDbType.Integer, _sub);
        Bind(parameters, NpgsqlDbType.Smallint, _kind);
        Bind(parameters, NpgsqlDbType.Bigint, _checkpoint);
        Bind(parameters, NpgsqlDbType.Bigint, _baseSeq);
        Bind(parameters, NpgsqlDbType.Integer, _baseSub);
        Bind(parameters, NpgsqlDbType.Bigint, _first);
        Bind(parameters, NpgsqlDbType.Integer, _group);
    }

    public void Fill(IReadOnlyList<StreamBatch> streams)
    {
        Clear();
        Reserve(streams);
        foreach (StreamBatch stream in streams)
        {
            foreach (Row row in stream.Rows)
                Add(stream, row);
        }
    }

    private static void Bind<T>(NpgsqlParameterCollection parameters, NpgsqlDbType type, List<T> values)
        => parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });

    private void Clear()
    {
        _stream.Clear();
        _lastSeq.Clear();
        _lastSub.Clear();
        _seq.Clear();
        _sub.Clear();
        _count.Clear();
        _epoch.Clear();
        _ordinal.Clear();
        _payload.Clear();
        _kind.Clear();
        _checkpoint.Clear();
        _baseSeq.Clear();
        _baseSub.Clear();
        _first.Clear();
        _group.Clear();
        _used = 0;
    }

    /// <summary>Makes room for all payloads, so that none of them moves.</summary>
    private void Reserve(IReadOnlyList<StreamBatch> streams)
    {
        int bytes = 0;
        foreach (StreamBatch stream in streams)
        {
            foreach (Row row in stream.Rows)
                bytes = checked(bytes + RowPayload.SizeOf(row.Events));
        }

        if (bytes > _bytes.Length || _bytes.Length > Math.Max(LargestKeptBytes, bytes))
            _bytes = new byte[bytes];
    }

    private void Add(StreamBatch stream, Row row)
    {
        _stream.Add(stream.Stream.Id);
        _lastSeq.Add(stream.Start.Last.Seq);
        _lastSub.Add(stream.Start.Last.Sub);
        _count.Add(row.Count);
        _epoch.Add(stream.Stream.Epoch);
        _ordinal.Add(row.Ordinal);
        _payload.Add(Encode(row.Events));
        if (arePlain)
            return;
        _seq.Add(row.Key.Seq);
        _sub.Add(row.Key.Sub);
        _kind.Add((short)row.Kind);
        _checkpoint.Add(row.Checkpoint);
        _baseSeq.Add(row.Base?.Seq);
        _baseSub.Add(row.Base?.Sub);
        _first.Add(row.First);
        _group.Add(stream.Group);
    }

    private ReadOnlyMemory<byte>? Encode(ReadOnlySpan<EventData> events)
    {
        if (events.IsEmpty)
            return null;
        Memory<byte> place = _bytes.AsMemory(_used, RowPayload.SizeOf(events));
        RowPayload.Encode(events, place.Span);
        _used += place.Length;
        return place;
    }
}
