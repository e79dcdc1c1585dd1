using System.Globalization;
using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>Many rows as parameters, each column an array.</summary>
internal sealed class RowColumns : IRowParameters
{
    private const string Payload = "payload";
    private const int LargestKeptBytes = 1024 * 1024;

    // Stands for null in the arrays, because the server finds an element faster in an array without nulls.
    private const int None = -1;

    private readonly Column[] _columns;
    private byte[] _bytes = [];
    private int _used;

    /// <param name="names">The columns, one of which is the payload.</param>
    public RowColumns(string names) => _columns = [.. names.Split(", ").Select(Make)];

    public int Rows { get; private set; }

    /// <summary>The number of parameters of its query.</summary>
    public int Parameters => _columns.Length;

    /// <summary>Returns the query for the rows. Its first parameter has this number.</summary>
    public string Select(int parameter)
    {
        // This is cheaper than unnesting all arrays together, because the server would store those as rows first.
        IEnumerable<string> columns = _columns.Select((c, i) => c.Name == Payload ? $"p.{Payload}" : $"{c.Element(parameter + i)} AS {c.Name}");
        int payloads = parameter + Array.FindIndex(_columns, c => c.Name == Payload);
        return string.Create(CultureInfo.InvariantCulture, $"SELECT {string.Join(", ", columns)} FROM unnest(${payloads}::bytea[]) WITH ORDINALITY AS p({Payload}, i)");
    }

    public void Bind(NpgsqlParameterCollection parameters)
    {
        foreach (Column column in _columns)
            column.Bind(parameters);
    }

    public void Fill(IReadOnlyList<StreamBatch> streams)
    {
        foreach (Column column in _columns)
            column.Clear();
        _used = 0;
        Rows = 0;
        Reserve(streams);
        foreach (StreamBatch stream in streams)
        {
            foreach (Row row in stream.Rows)
            {
                foreach (Column column in _columns)
                    column.Add(stream, row);
                Rows++;
            }
        }
    }

    private Column Make(string name) => name switch
    {
        "stream_id" => new Column<long>(name, NpgsqlDbType.Bigint, static (s, _) => s.Stream.Id),
        "last_seq" => new Column<long>(name, NpgsqlDbType.Bigint, static (s, _) => s.Start.Last.Seq),
        "last_sub" => new Column<int>(name, NpgsqlDbType.Integer, static (s, _) => s.Start.Last.Sub),
        "count" => new Column<int>(name, NpgsqlDbType.Integer, static (_, r) => r.Count),
        "epoch" => new Column<int>(name, NpgsqlDbType.Integer, static (s, _) => s.Stream.Epoch),
        "ordinal" => new Column<int>(name, NpgsqlDbType.Integer, static (_, r) => r.Ordinal),
        Payload => new Column<ReadOnlyMemory<byte>?>(name, NpgsqlDbType.Bytea, (_, r) => Encode(r.Events)),
        "seq" => new Column<long>(name, NpgsqlDbType.Bigint, static (_, r) => r.Key.Seq),
        "sub" => new Column<int>(name, NpgsqlDbType.Integer, static (_, r) => r.Key.Sub),
        "kind" => new Column<short>(name, NpgsqlDbType.Smallint, static (_, r) => (short)r.Kind),
        "checkpoint_seq" => new Column<long>(name, NpgsqlDbType.Bigint, static (_, r) => r.Checkpoint ?? None, isOptional: true),
        "base_seq" => new Column<long>(name, NpgsqlDbType.Bigint, static (_, r) => r.Base?.Seq ?? None, isOptional: true),
        "base_sub" => new Column<int>(name, NpgsqlDbType.Integer, static (_, r) => r.Base?.Sub ?? None, isOptional: true),
        "first_seq" => new Column<long>(name, NpgsqlDbType.Bigint, static (_, r) => r.First),
        "grp" => new Column<int>(name, NpgsqlDbType.Integer, static (s, _) => s.Group),
        _ => throw new ArgumentException($"There is no column {name}.", nameof(name)),
    };

    /// <summary>Allocates room for all payloads, so that none of them moves.</summary>
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

    private ReadOnlyMemory<byte>? Encode(ReadOnlySpan<EventData> events)
    {
        if (events.IsEmpty)
            return null;
        Memory<byte> place = _bytes.AsMemory(_used, RowPayload.SizeOf(events));
        RowPayload.Encode(events, place.Span);
        _used += place.Length;
        return place;
    }

    private abstract class Column(string name, NpgsqlDbType type, bool isOptional)
    {
        public string Name => name;

        /// <summary>Returns SQL for the column's value in the row of the payload.</summary>
        /// <param name="parameter">The number of the array parameter.</param>
        public string Element(int parameter)
        {
            string element = string.Create(CultureInfo.InvariantCulture, $"(${parameter}::{type}[])[p.i]");
            return isOptional ? string.Create(CultureInfo.InvariantCulture, $"NULLIF({element}, {None})") : element;
        }

        public abstract void Bind(NpgsqlParameterCollection parameters);

        public abstract void Clear();

        public abstract void Add(StreamBatch stream, Row row);
    }

    private sealed class Column<T>(string name, NpgsqlDbType type, Func<StreamBatch, Row, T> value, bool isOptional = false) : Column(name, type, isOptional)
    {
        private readonly List<T> _values = [];
        private readonly NpgsqlDbType _type = NpgsqlDbType.Array | type;

        public override void Bind(NpgsqlParameterCollection parameters) => parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = _values, NpgsqlDbType = _type });

        public override void Clear() => _values.Clear();

        public override void Add(StreamBatch stream, Row row) => _values.Add(value(stream, row));
    }
}
