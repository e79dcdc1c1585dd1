using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>A column of the rows of a commit, with the parameter that holds its values.</summary>
internal abstract class RowColumn(string name, bool isOptional)
{
    /// <summary>Encodes null, because the server finds an element faster in an array without nulls.</summary>
    public const int None = -1;

    public string Name => name;

    public abstract NpgsqlParameter Parameter { get; }

    /// <summary>Returns SQL for the column's value in a row.</summary>
    /// <param name="number">The number of the parameter.</param>
    public string Sql(int number)
    {
        string value = string.Create(CultureInfo.InvariantCulture, $"${number}{Index}");
        return isOptional ? $"NULLIF({value}, -1)" : value;
    }

    public abstract void Clear();

    public abstract void Add(StreamBatch stream, Row row);

    /// <summary>SQL for the row's place in an array parameter.</summary>
    protected virtual string Index => "";
}

/// <summary>A column of one row.</summary>
internal sealed class ValueColumn<T>(string name, NpgsqlDbType type, bool isOptional, Func<StreamBatch, Row, T> value) : RowColumn(name, isOptional)
{
    private readonly NpgsqlParameter<T> _value = new() { NpgsqlDbType = type };

    public override NpgsqlParameter Parameter => _value;

    public override void Clear()
    {
    }

    public override void Add(StreamBatch stream, Row row) => _value.TypedValue = value(stream, row);
}

/// <summary>A column of many rows, whose places in the array are <c>p.i</c>.</summary>
internal sealed class ArrayColumn<T>(string name, NpgsqlDbType type, bool isOptional, Func<StreamBatch, Row, T> value) : RowColumn(name, isOptional)
{
    private readonly List<T> _values = [];

    public override NpgsqlParameter Parameter => field ??= new NpgsqlParameter<List<T>> { TypedValue = _values, NpgsqlDbType = NpgsqlDbType.Array | type };

    public override void Clear() => _values.Clear();

    public override void Add(StreamBatch stream, Row row) => _values.Add(value(stream, row));

    protected override string Index => "[p.i]";
}
