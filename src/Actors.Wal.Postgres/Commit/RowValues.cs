using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>One row as parameters, each column a value. For a lone append this costs the server least.</summary>
internal sealed class RowValues : IRowParameters
{
    public const int Parameters = 14;

    private readonly NpgsqlParameter<long> _stream = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<long> _lastSeq = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<int> _lastSub = new() { NpgsqlDbType = NpgsqlDbType.Integer };
    private readonly NpgsqlParameter<int> _count = new() { NpgsqlDbType = NpgsqlDbType.Integer };
    private readonly NpgsqlParameter<int> _epoch = new() { NpgsqlDbType = NpgsqlDbType.Integer };
    private readonly NpgsqlParameter<int> _ordinal = new() { NpgsqlDbType = NpgsqlDbType.Integer };
    private readonly NpgsqlParameter<byte[]?> _payload = new() { NpgsqlDbType = NpgsqlDbType.Bytea };
    private readonly NpgsqlParameter<long> _seq = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<int> _sub = new() { NpgsqlDbType = NpgsqlDbType.Integer };
    private readonly NpgsqlParameter<short> _kind = new() { NpgsqlDbType = NpgsqlDbType.Smallint };
    private readonly NpgsqlParameter<long?> _checkpoint = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<long?> _baseSeq = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<int?> _baseSub = new() { NpgsqlDbType = NpgsqlDbType.Integer };
    private readonly NpgsqlParameter<long> _first = new() { NpgsqlDbType = NpgsqlDbType.Bigint };

    public int Rows => 1;

    public void Bind(NpgsqlParameterCollection parameters)
    {
        foreach (NpgsqlParameter parameter in (NpgsqlParameter[])[_stream, _lastSeq, _lastSub, _count, _epoch, _ordinal, _payload, _seq, _sub, _kind, _checkpoint, _baseSeq, _baseSub, _first])
            parameters.Add(parameter);
    }

    public void Fill(IReadOnlyList<StreamBatch> streams)
    {
        StreamBatch stream = streams[0];
        Row row = stream.Rows[0];
        _stream.TypedValue = stream.Stream.Id;
        _lastSeq.TypedValue = stream.Start.Last.Seq;
        _lastSub.TypedValue = stream.Start.Last.Sub;
        _count.TypedValue = row.Count;
        _epoch.TypedValue = stream.Stream.Epoch;
        _ordinal.TypedValue = row.Ordinal;
        _payload.TypedValue = row.Events.IsEmpty ? null : new byte[RowPayload.SizeOf(row.Events)];
        RowPayload.Encode(row.Events, _payload.TypedValue);
        _seq.TypedValue = row.Key.Seq;
        _sub.TypedValue = row.Key.Sub;
        _kind.TypedValue = (short)row.Kind;
        _checkpoint.TypedValue = row.Checkpoint;
        _baseSeq.TypedValue = row.Base?.Seq;
        _baseSub.TypedValue = row.Base?.Sub;
        _first.TypedValue = row.First;
    }
}
