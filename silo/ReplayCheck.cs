using Actors.Orleans;
using Actors.Wal;
using Microsoft.Extensions.Options;

namespace Actors.Silo;

/// <summary>
/// <c>silo replay-check [DIRECTORY] [settings]</c>: tries this program's grains on the history of a store, without starting
/// the silo. Exit code 0 when all of it can be replayed, 1 when not.
/// </summary>
internal static class ReplayCheck
{
    public const string Verb = "replay-check";

    /// <param name="args">What follows the verb: a directory, if it is not the one of the settings, and settings.</param>
    /// <param name="build">Makes the silo from settings.</param>
    public static async Task<int> RunAsync(string[] args, Func<string[], WebApplication> build)
    {
        bool named = args.Length > 0 && !args[0].StartsWith('-');
        await using WebApplication app = build(named ? args[1..] : args);
        string directory = named ? args[0] : app.Services.GetRequiredService<IOptionsMonitor<WriteAheadLogOptions>>().Get(WriteAheadLogOptions.DefaultName).Directory;
        using LocalLogReader reader = await LocalLogReader.OpenAsync(directory);
        ReplayReport report = await app.Services.CheckReplayAsync(reader);
        foreach (ReplayProblem problem in report.Problems)
            Console.WriteLine($"{problem.Kind}: {problem.Stream} {problem.Version}: {problem.Reason}");
        foreach ((string kind, long count) in report.NotChecked)
            Console.WriteLine($"not checked: {count} streams {kind}");
        Console.WriteLine($"{directory}: {report.Streams} streams, {report.Events} events and {report.States} states read up to LSN {reader.LastLsn}: {report.Problems.Count} problems");
        return report.Problems.Count == 0 ? 0 : 1;
    }
}
