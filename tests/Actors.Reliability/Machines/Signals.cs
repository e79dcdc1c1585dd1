using System.Runtime.InteropServices;

namespace Actors.Reliability.Machines;

/// <summary>Stops and ends processes, and waits until the kernel has done so.</summary>
internal static partial class Signals
{
    private const int StopSignal = 19;
    private const int ContinueSignal = 18;
    private const int KillSignal = 9;

    /// <summary>Stops all threads of a process where they are. What they are waiting for in the kernel ends first.</summary>
    public static void Stop(int process)
    {
        Send(process, StopSignal);
        while (!StatesOf(process).All(s => s == 'T'))
            Thread.Yield();
    }

    /// <summary>Lets a stopped process go on.</summary>
    public static void Continue(int process) => Send(process, ContinueSignal);

    /// <summary>Ends a process; then it has no file open any more.</summary>
    public static void Kill(int process)
    {
        Send(process, KillSignal);
        while (StatesOf(process) is { Count: > 0 } states && (states.Count > 1 || states[0] != 'Z'))
            Thread.Yield();
    }

    /// <summary>One letter for each of its threads; none when the process is gone.</summary>
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
