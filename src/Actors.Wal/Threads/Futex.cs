using System.Runtime.InteropServices;

namespace Actors.Wal.Threads;

/// <summary>
/// Linux's futex: one system call to sleep on a word of memory and one to wake, without a lock. A thread that a monitor's pulse
/// wakes must take the monitor's lock again, which the pulsing thread still holds. When both run on one processor, that costs four
/// context switches for each wake.
/// </summary>
internal static unsafe partial class Futex
{
    private const int WaitPrivate = 0 | 128;
    private const int WakePrivate = 1 | 128;
    private const int OneWaiter = 1;

    // The call's number differs by processor. 32-bit processors are not supported: they need another layout of the timeout.
    private static readonly int Number = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => 98,
        _ => 0,
    };

    public static bool IsSupported => OperatingSystem.IsLinux() && Number != 0;

    /// <summary>
    /// Sleeps until <see cref="Wake"/> is called for the word, the time has passed, or a signal arrives. Returns at once when
    /// the word does not hold the expected value.
    /// </summary>
    /// <param name="word">The word; it must not move.</param>
    /// <param name="expected">The expected value.</param>
    /// <param name="timeout">The longest time to sleep; null for no limit.</param>
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
