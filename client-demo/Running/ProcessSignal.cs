using System.Diagnostics;
using System.Globalization;

namespace Actors.ClientDemo.Running;

/// <summary>Sends a signal to a process.</summary>
internal static class ProcessSignal
{
    /// <param name="process">The process.</param>
    /// <param name="name">The signal's name without SIG.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">The program <c>kill</c> is missing.</exception>
    public static async Task SendAsync(Process process, string name)
    {
        using Process? kill = Process.Start(new ProcessStartInfo("kill", [$"-{name}", process.Id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true });
        if (kill is not null)
            await kill.WaitForExitAsync();
    }
}
