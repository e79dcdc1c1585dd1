using System.Globalization;
using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// The rows of a commit as parameters. Many rows are sent as columns, each an array. One row is sent as values, which costs the server least.
/// </summary>
internal sealed class RowParameters : IRowParameters
{
    private const string Payload = "payload";
    private const int LargestKeptBytes = 1024 * 1024;

    private readonly bool _isOneRow;
    private readonly RowColumn[] _columns;
    private byte[] _bytes = [];
    private int _used;

    /// <param name="names">The columns, one of which is the payload.</param>
    /// <param name="isOneRow">Whether there is always one row.</param>
    public RowParameters(string names, bool isOneRow = false)
    {
        _isOneRow = isOneRow;
        _columns = [.. names.Split(", ").Select(Make)];
    }

    public int Rows { get; private set; }

    public int Parameters => _columns.Length;

    /// <summary>Returns the query for the rows.</summary>
    /// <param name="first">The number of its first parameter.</param>
    public string Select(int first)
    {
        string select = $"SELECT {string.Join(", ", _columns.Select((c, i) => $"{(c.Name == Payload && !_isOneRow ? $"p.{Payload}" : c.Sql(first + i))} AS {c.Name}"))}";
        if (_isOneRow)
            return select;

        // This is cheaper than unnesting all arrays together, because the server would store those as rows first.
        int payloads = first + Array.FindIndex(_columns, c => c.Name == Payload);
        return string.Create(CultureInfo.InvariantCulture, $"{select} FROM unnest(${payloads}) WITH ORDINALITY AS p({Payload}, i)");
    }

    public void Bind(NpgsqlParameterCollection parameters)
    {
        foreach (RowColumn column in _columns)
            parameters.Add(column.Parameter);
    }

    public void Fill(IReadOnlyList<StreamBatch> streams)
    {
        foreach (RowColumn column in _columns)
            column.Clear();
        _used = 0;
        Rows = 0;
        Reserve(streams);
        foreach (StreamBatch stream in streams)
        {
            foreach (Row row in stream.Rows)
            {
                foreach (RowColumn column in _columns)
                    column.Add(stream, row);
                Rows++;
            }
        }
    }

    private RowColumn Make(string name) => name switch
    {
        "stream_id" => Column(name, NpgsqlDbType.Bigint, static (s, _) => s.Stream.Id),
        "last_seq" => Column(name, NpgsqlDbType.Bigint, static (s, _) => s.Start.Last.Seq),
        "last_sub" => Column(name, NpgsqlDbType.Integer, static (s, _) => s.Start.Last.Sub),
        "count" => Column(name, NpgsqlDbType.Integer, static (_, r) => r.Count),
        "epoch" => Column(name, NpgsqlDbType.Integer, static (s, _) => s.Stream.Epoch),
        "ordinal" => Column(name, NpgsqlDbType.Integer, static (_, r) => r.Ordinal),
        Payload => Column<ReadOnlyMemory<byte>?>(name, NpgsqlDbType.Bytea, (_, r) => Encode(r.Events)),
        "seq" => Column(name, NpgsqlDbType.Bigint, static (_, r) => r.Key.Seq),
        "sub" => Column(name, NpgsqlDbType.Integer, static (_, r) => r.Key.Sub),
        "kind" => Column(name, NpgsqlDbType.Smallint, static (_, r) => (short)r.Kind),
        "checkpoint_seq" => Column(name, NpgsqlDbType.Bigint, static (_, r) => r.Checkpoint ?? RowColumn.None, isOptional: true),
        "base_seq" => Column(name, NpgsqlDbType.Bigint, static (_, r) => r.Base?.Seq ?? RowColumn.None, isOptional: true),
        "base_sub" => Column(name, NpgsqlDbType.Integer, static (_, r) => r.Base?.Sub ?? RowColumn.None, isOptional: true),
        "first_seq" => Column(name, NpgsqlDbType.Bigint, static (_, r) => r.First),
        "grp" => Column(name, NpgsqlDbType.Integer, static (s, _) => s.Group),
        _ => throw new ArgumentException($"There is no column {name}.", nameof(name)),
    };

    private RowColumn Column<T>(string name, NpgsqlDbType type, Func<StreamBatch, Row, T> value, bool isOptional = false)
        => _isOneRow ? new ValueColumn<T>(name, type, isOptional, value) : new ArrayColumn<T>(name, type, isOptional, value);

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
}
