using Actors.Orleans;
using Actors.Wal;
using Actors.Wal.Postgres;
using Microsoft.Extensions.Options;

namespace Actors.Silo;

/// <summary>
/// <c>silo replay-check [DIRECTORY] [settings]</c>: replays the history of a store with this program's grains, in a directory or in the
/// PostgreSQL database of the settings, without starting the silo. Exit code 0 when all of it can be replayed, 1 when not.
/// <c>--retired TYPE,TYPE/NAME</c> names grain types and logs that were removed from the program on purpose.
/// </summary>
internal static class ReplayCheck
{
    public const string Verb = "replay-check";

    /// <param name="args">The arguments after the verb: a directory, if it is not the one of the settings, and settings.</param>
    /// <param name="build">Makes the silo from settings.</param>
    public static async Task<int> RunAsync(string[] args, Func<string[], WebApplication> build)
    {
        bool named = args.Length > 0 && !args[0].StartsWith('-');
        await using WebApplication app = build(named ? args[1..] : args);
        (string store, ILogReader log) = await OpenAsync(app, named ? args[0] : null);
        using ILogReader reader = log;
        string[] retired = app.Configuration["retired"]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        ReplayReport report;
        try
        {
            report = await app.Services.CheckReplayAsync(reader, retired: retired);
        }
        catch (OrleansConfigurationException e)
        {
            await Console.Error.WriteLineAsync($"{Verb}: {e.Message}");
            return 1;
        }

        foreach (ReplayProblem problem in report.Problems)
            Console.WriteLine($"{problem.Kind}: {problem.Stream} {problem.Version}: {problem.Reason}");
        foreach (ReplayRebuild rebuild in report.Rebuilds)
            Console.WriteLine($"rebuilt at its next activation: {rebuild.Stream}, {rebuild.Events} events in {rebuild.Duration.TotalMilliseconds:0} ms: {rebuild.Reason}");
        foreach ((string kind, long count) in report.NotChecked)
            Console.WriteLine($"not checked: {count} streams {kind}");
        Console.WriteLine($"{store}: {report.Streams} streams, {report.Events} events and {report.States} states read up to LSN {reader.LastLsn}: {report.Problems.Count} problems");
        if (report.Rebuilds.Count > 0)
            Console.WriteLine($"{report.Rebuilds.Count} states to rebuild, from {report.Rebuilds.Sum(r => r.Events)} events in {report.Rebuilds.Sum(r => r.Duration.TotalSeconds):0.0} s");
        return report.Problems.Count == 0 ? 0 : 1;
    }

    /// <summary>Opens the named directory, or the store of the settings.</summary>
    private static async Task<(string Store, ILogReader Reader)> OpenAsync(WebApplication app, string? directory)
    {
        IConfigurationSection postgres = app.Configuration.GetSection($"Orleans:GrainStorage:{WriteAheadLogOptions.DefaultName}:Postgres");
        if (directory is null && postgres["ConnectionString"] is { Length: > 0 } connectionString)
        {
            var options = new PostgresLogStoreOptions { DataSource = PostgresConnections.CreateDataSource(connectionString), OwnsDataSource = true };
            options = options with { Schema = postgres["Schema"] ?? options.Schema };
            return ($"schema {options.Schema}", await PostgresLogReader.OpenAsync(options));
        }

        directory ??= app.Services.GetRequiredService<IOptionsMonitor<WriteAheadLogOptions>>().Get(WriteAheadLogOptions.DefaultName).Directory;
        return (directory, await LocalLogReader.OpenAsync(directory));
    }
}
