using Actors.Benchmarks.Measuring;
using Npgsql;

namespace Actors.Benchmarks.Scenarios;

/// <summary>Inserts rows one by one into a plain table, each in its own transaction: the least that a server needs for an append.</summary>
internal sealed class BareInsertScenario(Workbench bench) : Scenario(ScenarioCatalog.BareInsert, "PostgreSQL, one row of 100 bytes per transaction", [1])
{
    private const int Bytes = 100;

    private NpgsqlConnection? _connection;
    private NpgsqlCommand? _insert;

    public override bool NeedsPostgres => true;

    public override async Task PrepareAsync(int callers, CancellationToken cancellationToken)
    {
        if (_connection is not null)
            return;
        string table = $"{bench.Postgres.ServiceId}_bare";
        _connection = new NpgsqlConnection(bench.Postgres.ConnectionString);
        await _connection.OpenAsync(cancellationToken);
        await using (var create = new NpgsqlCommand($"CREATE TABLE {table} (stream bigint, seq bigint GENERATED ALWAYS AS IDENTITY, payload bytea, PRIMARY KEY (stream, seq))", _connection))
            await create.ExecuteNonQueryAsync(cancellationToken);
        _insert = new NpgsqlCommand($"INSERT INTO {table} (stream, payload) VALUES (1, $1)", _connection);
        _insert.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = Payload.Of(Bytes) });
        await _insert.PrepareAsync(cancellationToken);
    }

    public override async Task CallAsync(Caller caller)
    {
        while (caller.Next())
            await _insert!.ExecuteNonQueryAsync();
    }

    public override async Task CloseAsync()
    {
        if (_connection is null)
            return;
        await using (var drop = new NpgsqlCommand($"DROP TABLE {bench.Postgres.ServiceId}_bare", _connection))
            await drop.ExecuteNonQueryAsync();
        await _insert!.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
