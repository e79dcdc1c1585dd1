using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Actors.Reliability.Machines;

namespace Actors.Reliability.Processes;

/// <summary>The demo of the same build, as a process of its own.</summary>
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

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">Its options; <c>--json</c> is added.</param>
    /// <param name="directory">Where its result goes.</param>
    /// <param name="before">A program to run it under, with its arguments.</param>
    /// <exception cref="InvalidOperationException">It found something wrong, or could not do it; the message has what it said.</exception>
    public static async Task<DemoCounts> RunAsync(IReadOnlyList<string> arguments, string directory, params IReadOnlyList<string> before)
    {
        string result = System.IO.Path.Combine(directory, "result.json");
        List<string> command = [.. before, Path, .. arguments, "--json", result];
        using Process demo = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = demo.StandardError.ReadToEndAsync();
        string output = await demo.StandardOutput.ReadToEndAsync();
        await demo.WaitForExitAsync();
        return demo.ExitCode == 0
            ? JsonSerializer.Deserialize<DemoCounts>(await File.ReadAllTextAsync(result), JsonSerializerOptions.Web)!
            : throw new InvalidOperationException($"The demo with {string.Join(' ', arguments)} ended with {demo.ExitCode}: {output}{await errors}");
    }

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What the demo counted.</summary>
internal sealed record DemoCounts(long Acknowledged, long Lost, long Beyond, long Mismatched, int Kills, DemoChaos? Chaos);

/// <summary>What it counted of a cluster.</summary>
internal sealed record DemoChaos(Dictionary<string, int> Faults, long Repeated, long StaleRefused);
