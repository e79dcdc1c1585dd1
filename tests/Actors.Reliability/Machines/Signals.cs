using System.Runtime.InteropServices;

namespace Actors.Reliability.Machines;

/// <summary>Stops and kills processes, and waits until the kernel has done so.</summary>
internal static partial class Signals
{
    private const int StopSignal = 19;
    private const int ContinueSignal = 18;
    private const int KillSignal = 9;

    /// <summary>Stops all threads of a process. System calls under way complete first.</summary>
    public static void Stop(int process)
    {
        Send(process, StopSignal);
        while (!StatesOf(process).All(s => s == 'T'))
            Thread.Yield();
    }

    /// <summary>Continues a stopped process.</summary>
    public static void Continue(int process) => Send(process, ContinueSignal);

    /// <summary>Kills a process. When this returns, the process has no file open.</summary>
    public static void Kill(int process)
    {
        Send(process, KillSignal);
        while (StatesOf(process) is { Count: > 0 } states && (states.Count > 1 || states[0] != 'Z'))
            Thread.Yield();
    }

    /// <summary>Returns the state letter of each of its threads; empty when the process is gone.</summary>
    private static List<char> StatesOf(int process)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{process}/task").Select(t => File.ReadLines(Path.Combine(t, "status")).First(l => l.StartsWith("State:", StringComparison.Ordinal))[7])];
        }
        catch (IOException)
        {
            return Directory.Exists($"/proc/{process}") ? StatesOf(process) : [];
        }
    }

    private static void Send(int process, int signal)
    {
        if (SendSignal(process, signal) != 0)
            throw new InvalidOperationException($"Signal {signal} can't be sent to process {process}: error {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
