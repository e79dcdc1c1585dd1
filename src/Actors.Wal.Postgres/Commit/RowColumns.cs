using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>Many rows, column by column, each an array.</summary>
internal sealed class RowColumns : IRowParameters
{
    private const int LargestKeptBytes = 1024 * 1024;

    private readonly Column<long> _stream = new(NpgsqlDbType.Bigint);
    private readonly Column<long> _lastSeq = new(NpgsqlDbType.Bigint);
    private readonly Column<int> _lastSub = new(NpgsqlDbType.Integer);
    private readonly Column<int> _count = new(NpgsqlDbType.Integer);
    private readonly Column<int> _epoch = new(NpgsqlDbType.Integer);
    private readonly Column<int> _ordinal = new(NpgsqlDbType.Integer);
    private readonly Column<ReadOnlyMemory<byte>?> _payload = new(NpgsqlDbType.Bytea);
    private readonly Column<long> _seq = new(NpgsqlDbType.Bigint);
    private readonly Column<int> _sub = new(NpgsqlDbType.Integer);
    private readonly Column<short> _kind = new(NpgsqlDbType.Smallint);
    private readonly Column<long?> _checkpoint = new(NpgsqlDbType.Bigint);
    private readonly Column<long?> _baseSeq = new(NpgsqlDbType.Bigint);
    private readonly Column<int?> _baseSub = new(NpgsqlDbType.Integer);
    private readonly Column<long> _first = new(NpgsqlDbType.Bigint);
    private readonly Column<int> _group = new(NpgsqlDbType.Integer);
    private readonly bool _arePlain;
    private readonly IColumn[] _columns;
    private byte[] _bytes = [];
    private int _used;

    /// <param name="arePlain">Whether the rows take what is not among the first seven columns from the last row that is there.</param>
    public RowColumns(bool arePlain)
    {
        _arePlain = arePlain;
        _columns = arePlain
            ? [_stream, _lastSeq, _lastSub, _count, _epoch, _ordinal, _payload]
            : [_stream, _lastSeq, _lastSub, _count, _epoch, _ordinal, _payload, _seq, _sub, _kind, _checkpoint, _baseSeq, _baseSub, _first, _group];
    }

    private interface IColumn
    {
        void Bind(NpgsqlParameterCollection parameters);

        void Clear();
    }

    public int Rows => _stream.Count;

    public void Bind(NpgsqlParameterCollection parameters)
    {
        foreach (IColumn column in _columns)
            column.Bind(parameters);
    }

    public void Fill(IReadOnlyList<StreamBatch> streams)
    {
        foreach (IColumn column in _columns)
            column.Clear();
        _used = 0;
        Reserve(streams);
        foreach (StreamBatch stream in streams)
        {
            foreach (Row row in stream.Rows)
                Add(stream, row);
        }
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
        if (_arePlain)
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

    private sealed class Column<T>(NpgsqlDbType type) : List<T>, IColumn
    {
        public void Bind(NpgsqlParameterCollection parameters) => parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = this, NpgsqlDbType = NpgsqlDbType.Array | type });
    }
}
