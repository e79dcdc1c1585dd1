using System.Diagnostics;

namespace Actors.Cli.Tests;

/// <summary>The program, as its user runs it.</summary>
internal static class Walctl
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, (await error).Trim());
    }

    public static Process Start(params string[] arguments)
        => Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "walctl"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
