using Actors.Wal;

namespace Actors.Orleans.ReplayChecks;

/// <summary>Writes a replay report for an operator, one line for each finding, and decides the exit code.</summary>
internal static class ReplayReportText
{
    public const int Passed = 0;
    public const int Failed = 1;
    public const int NotRead = 2;

    /// <returns>The exit code.</returns>
    public static async Task<int> WriteAsync(ReplayReport report, string prefix, Lsn last, ReplayCheckOptions options)
    {
        foreach (string line in LinesOf(report))
            await options.Output.WriteLineAsync(line).ConfigureAwait(false);
        await options.Output.WriteLineAsync($"{prefix}{report.Streams} streams, {report.Events} events and {report.States} states read up to LSN {last}: {report.Problems.Count} problems").ConfigureAwait(false);
        if (report.Rebuilds.Count > 0)
            await options.Output.WriteLineAsync($"{report.Rebuilds.Count} states to rebuild, from {report.Rebuilds.Sum(r => r.Events)} events in {report.Rebuilds.Sum(r => r.Duration.TotalSeconds):0.0} s").ConfigureAwait(false);
        int warnings = options.IsStrict ? report.Rebuilds.Count + report.NamedByClass.Count : 0;
        if (warnings > 0)
            await options.Output.WriteLineAsync($"{warnings} warnings, on which a strict check fails").ConfigureAwait(false);
        return report.Problems.Count + warnings == 0 ? Passed : Failed;
    }

    private static IEnumerable<string> LinesOf(ReplayReport report)
    {
        foreach (ReplayProblem problem in report.Problems)
            yield return $"{problem.Kind}: {problem.Stream} {problem.Version}: {problem.Reason}";
        foreach (ReplayRebuild rebuild in report.Rebuilds)
            yield return $"rebuilt at its next activation: {rebuild.Stream}, {rebuild.Events} events in {rebuild.Duration.TotalMilliseconds:0} ms: {rebuild.Reason}";
        foreach (string grain in report.NamedByClass)
            yield return $"no [GrainType]: the streams of {grain} are named after the class, and would be left behind if it was renamed";
        foreach ((string kind, long count) in report.NotChecked)
            yield return $"not checked: {count} streams {kind}";
    }
}
