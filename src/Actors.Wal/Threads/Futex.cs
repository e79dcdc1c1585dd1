using System.Runtime.InteropServices;

namespace Actors.Wal.Threads;

/// <summary>
/// Linux's wait on a word of memory: one system call to sleep and one to wake, and no lock between the two. A monitor's
/// wait takes its own lock again when it is pulsed, which whoever pulses still holds: where both run on one processor
/// that is four changes of thread for each wake.
/// </summary>
internal static unsafe partial class Futex
{
    private const int WaitPrivate = 0 | 128;
    private const int WakePrivate = 1 | 128;
    private const int OneWaiter = 1;

    // The number of the call differs by processor, and where a word has 32 bits its times do.
    private static readonly int Number = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => 98,
        _ => 0,
    };

    public static bool IsSupported => OperatingSystem.IsLinux() && Number != 0;

    /// <summary>
    /// Sleeps until somebody wakes who waits on the word, or the time has passed, or a signal arrives. Returns at once when
    /// the word is not as expected.
    /// </summary>
    /// <param name="word">The word; it must not move.</param>
    /// <param name="expected">What it must hold.</param>
    /// <param name="timeout">How long at most; null for ever.</param>
    public static void Wait(int* word, int expected, TimeSpan? timeout)
    {
        if (timeout is not { } t)
        {
            _ = Syscall(Number, word, WaitPrivate, expected, null);
            return;
        }

        var time = new Timespec(t.Ticks / TimeSpan.TicksPerSecond, t.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
        _ = Syscall(Number, word, WaitPrivate, expected, &time);
    }

    /// <summary>Wakes one thread that waits on the word.</summary>
    public static void Wake(int* word) => _ = Syscall(Number, word, WakePrivate, OneWaiter, null);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Syscall(nint number, int* word, int operation, int value, Timespec* timeout);

    private readonly record struct Timespec(long Seconds, long Nanoseconds);
}
