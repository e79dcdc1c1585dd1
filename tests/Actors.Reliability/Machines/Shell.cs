using System.Diagnostics;

namespace Actors.Reliability.Machines;

/// <summary>Runs a program of the operating system to its end.</summary>
internal static class Shell
{
    /// <exception cref="InvalidOperationException">The program failed; the message has its output.</exception>
    public static void Run(string program, params IReadOnlyList<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' ended with {process.ExitCode}: {output}{errors.Result}".Trim());
    }
}
