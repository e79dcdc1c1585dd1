using System.Diagnostics;
using System.Globalization;
using Actors.Wal;
using Actors.Wal.Postgres;
using Npgsql;
using Spectre.Console;

namespace Actors.Benchmarks.Growth;

/// <summary>Measures the cost of events on a PostgreSQL server: time, bytes of tables and indexes, bytes of its WAL, and dead rows.</summary>
internal sealed class GrowthBenchmark(GrowthOptions options, IAnsiConsole console)
{
    private const int Callers = 256;
    private const int Streams = 10_000;
    private const int PayloadBytes = 100;
    private const double Million = 1e6;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("stores").AddColumn("opened/s").AddColumn("events/s").AddColumn("events per commit");
        foreach (string column in (string[])["MB of rows per million", "MB of indexes per million", "MB of its own log per million", "dead rows per million"])
            table.AddColumn(column);
        foreach (int stores in options.Stores)
        {
            Costs costs = await MeasureAsync(stores, cancellationToken);
            table.AddRow(
                Text(stores), Text(costs.OpenedPerSecond), Text(costs.EventsPerSecond), Text(costs.EventsPerCommit),
                Text(costs.RowBytes / options.Events), Text(costs.IndexBytes / options.Events), Text(costs.LogBytes / options.Events), Text(costs.DeadRows * Million / options.Events));
        }

        foreach (TableColumn column in table.Columns)
            column.RightAligned();
        console.Write(table);
    }

    private async Task<Costs> MeasureAsync(int count, CancellationToken cancellationToken)
    {
        string schema = "actors_benchmarks_" + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..8];
        await using NpgsqlDataSource source = Open();
        var stores = new List<PostgresLogStore>();
        try
        {
            for (int i = 0; i < count; i++)
                stores.Add(await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source, Schema = schema }, cancellationToken));
            long begun = Stopwatch.GetTimestamp();
            ILogStream[] streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(i => stores[i % count].OpenAsync(new LogStreamId($"s/{i}"), cancellationToken: cancellationToken).AsTask()));
            double opening = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            long log = await LogPositionAsync(source);
            begun = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(c => Task.Run(() => AppendAsync(streams, c, cancellationToken), cancellationToken)));
            double appending = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            (double rows, double indexes, double dead) = await SizesAsync(source, schema);
            return new Costs(
                Streams / opening, options.Events / appending, (double)options.Events / stores.Sum(s => s.Statistics.Batches),
                rows, indexes, await LogPositionAsync(source) - log, dead);
        }
        finally
        {
            foreach (PostgresLogStore store in stores)
                await store.DisposeAsync();
            await using NpgsqlCommand drop = source.CreateCommand($"DROP SCHEMA IF EXISTS {schema} CASCADE");
            await drop.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    /// <summary>Appends a caller's events to its own streams, one after the other.</summary>
    private async Task AppendAsync(ILogStream[] streams, int caller, CancellationToken cancellationToken)
    {
        var data = new EventData(new byte[PayloadBytes]);
        int own = (Streams - caller + Callers - 1) / Callers;
        int events = (options.Events - caller + Callers - 1) / Callers;
        for (int i = 0; i < events; i++)
            await streams[caller + i % own * Callers].AppendAsync(data, cancellationToken: cancellationToken);
    }

    private NpgsqlDataSource Open()
    {
        try
        {
            return NpgsqlDataSource.Create(options.Postgres);
        }
        catch (ArgumentException e)
        {
            throw new BenchmarkException($"--postgres '{options.Postgres}' is no connection string: {e.Message}");
        }
    }

    private static async Task<long> LogPositionAsync(NpgsqlDataSource source)
    {
        await using NpgsqlCommand ask = source.CreateCommand("SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint");
        return (long)(await ask.ExecuteScalarAsync())!;
    }

    private static async Task<(double Rows, double Indexes, double Dead)> SizesAsync(NpgsqlDataSource source, string schema)
    {
        await using NpgsqlCommand ask = source.CreateCommand(
            $"ANALYZE {schema}.event; SELECT pg_table_size('{schema}.event'), pg_indexes_size('{schema}.event'), (SELECT n_dead_tup FROM pg_stat_user_tables WHERE relid = '{schema}.event'::regclass)");
        await using NpgsqlDataReader reader = await ask.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    private static string Text(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private sealed record Costs(double OpenedPerSecond, double EventsPerSecond, double EventsPerCommit, double RowBytes, double IndexBytes, double LogBytes, double DeadRows);
}
