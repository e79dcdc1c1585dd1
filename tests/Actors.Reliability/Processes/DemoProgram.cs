using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Actors.Reliability.Machines;

namespace Actors.Reliability.Processes;

/// <summary>Runs the demo of the same build in its own process.</summary>
internal static class DemoProgram
{
    public static bool IsThere => File.Exists(Path);

    public static string Path
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
            return System.IO.Path.Combine(Repository.Root, "client-demo", "bin", output.Parent!.Name, output.Name, "Actors.ClientDemo");
        }
    }

    /// <summary>Starts the demo.</summary>
    /// <param name="arguments">Its options; <c>--json</c> is added.</param>
    /// <param name="directory">The directory of its result file.</param>
    /// <param name="before">A program that runs the demo, with its arguments; empty to run it directly.</param>
    /// <returns>The run. Its result fails with an <see cref="InvalidOperationException"/> with the output if the demo fails.</returns>
    public static DemoRun Start(IReadOnlyList<string> arguments, string directory, params IReadOnlyList<string> before)
    {
        string result = System.IO.Path.Combine(directory, "result.json");
        List<string> command = [.. before, Path, .. arguments, "--json", result];
        Process demo = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var isUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hasRun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new DemoRun(isUp.Task, hasRun.Task, RunAsync(demo, isUp, hasRun, result, string.Join(' ', arguments)));
    }

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task<DemoCounts> RunAsync(Process demo, TaskCompletionSource isUp, TaskCompletionSource hasRun, string result, string arguments)
    {
        using (demo)
        {
            Task<string> errors = demo.StandardError.ReadToEndAsync();
            var output = new StringBuilder();
            while (await demo.StandardOutput.ReadLineAsync() is { } line)
            {
                output.AppendLine(line);
                if (line.Contains(" started", StringComparison.Ordinal))
                    isUp.TrySetResult();
                if (line.Contains(" acknowledged: ", StringComparison.Ordinal))
                    hasRun.TrySetResult();
            }

            await demo.WaitForExitAsync();
            isUp.TrySetResult();
            hasRun.TrySetResult();
            return demo.ExitCode == 0
                ? JsonSerializer.Deserialize<DemoCounts>(await File.ReadAllTextAsync(result), JsonSerializerOptions.Web)!
                : throw new InvalidOperationException($"The demo with {arguments} ended with {demo.ExitCode}: {output}{await errors}");
        }
    }
}

/// <summary>A run of the demo.</summary>
/// <param name="IsUp">Completes when its silos have started, or when it has ended.</param>
/// <param name="HasRun">Completes when the ledger has run, before it is read back, or when the demo has ended.</param>
/// <param name="Result">The counts of the demo.</param>
internal sealed record DemoRun(Task IsUp, Task HasRun, Task<DemoCounts> Result);

/// <summary>The counts of the demo.</summary>
internal sealed record DemoCounts(long Acknowledged, long Lost, long Beyond, long Mismatched, int Kills, DemoChaos? Chaos);

/// <summary>The counts of a cluster.</summary>
internal sealed record DemoChaos(Dictionary<string, int> Faults, long Repeated, long StaleRefused, long Outdated);
