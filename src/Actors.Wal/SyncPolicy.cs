using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Actors.Wal;

/// <summary>When an append is acknowledged, which decides what failures it survives.</summary>
public readonly record struct SyncPolicy : IParsable<SyncPolicy>
{
    private SyncPolicy(SyncMode mode, TimeSpan interval)
    {
        Mode = mode;
        Interval = interval;
    }

    /// <summary>Acknowledge after the flush: an acknowledged event survives loss of power. The default.</summary>
    public static SyncPolicy Always => default;

    /// <summary>Acknowledge after the write and leave flushing to the operating system: survives <c>kill -9</c>, not loss of power.</summary>
    public static SyncPolicy Never => new(SyncMode.Never, TimeSpan.Zero);

    /// <summary>
    /// Acknowledge after the write, and begin a flush within the interval, however busy the store is. Loss of power loses at most what was
    /// acknowledged during one interval and the flush at its end.
    /// </summary>
    /// <param name="interval">1 ms to 1 hour.</param>
    /// <exception cref="ArgumentOutOfRangeException">The interval is out of range.</exception>
    public static SyncPolicy Every(TimeSpan interval)
    {
        if (interval < TimeSpan.FromMilliseconds(1) || interval > TimeSpan.FromHours(1))
            throw new ArgumentOutOfRangeException(nameof(interval), interval, "A flush interval is between 1 millisecond and 1 hour.");
        return new(SyncMode.Interval, interval);
    }

    /// <summary>The kind of policy.</summary>
    internal SyncMode Mode { get; }

    /// <summary>The longest time between a write and the beginning of its flush for <see cref="SyncMode.Interval"/>; zero otherwise.</summary>
    internal TimeSpan Interval { get; }

    /// <summary>Reads <c>Always</c>, <c>Never</c>, or the interval of <see cref="Every"/> as a time span such as <c>00:00:00.010</c>.</summary>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static SyncPolicy Parse(string s, IFormatProvider? provider = null)
        => TryParse(s, provider, out SyncPolicy policy)
            ? policy
            : throw new FormatException($"'{s}' is no sync policy; use Always, Never, or an interval between 00:00:00.001 and 01:00:00.");

    /// <summary>Reads the same texts as <see cref="Parse"/>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SyncPolicy result)
    {
        result = Always;
        if (string.Equals(s, nameof(Always), StringComparison.OrdinalIgnoreCase))
            return true;
        if (string.Equals(s, nameof(Never), StringComparison.OrdinalIgnoreCase))
        {
            result = Never;
            return true;
        }

        if (!TimeSpan.TryParse(s, provider ?? CultureInfo.InvariantCulture, out TimeSpan interval)
            || interval < TimeSpan.FromMilliseconds(1)
            || interval > TimeSpan.FromHours(1))
            return false;
        result = Every(interval);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Mode == SyncMode.Interval ? $"Interval({Interval.TotalMilliseconds:0} ms)" : Mode.ToString();
}

/// <summary>The kinds of <see cref="SyncPolicy"/>.</summary>
internal enum SyncMode
{
    /// <summary>Flush before acknowledging.</summary>
    Always = 0,

    /// <summary>Begin a flush within an interval after acknowledging.</summary>
    Interval = 1,

    /// <summary>Never flush on behalf of the stream.</summary>
    Never = 2,
}
