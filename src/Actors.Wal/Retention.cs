using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Actors.Wal;

/// <summary>
/// How much of its history a stream keeps. Applied with each checkpoint and each state record: the same frame truncates what is
/// older, and compaction reclaims its space. The last checkpoint and the events after it are always kept.
/// </summary>
public readonly record struct Retention : IParsable<Retention>
{
    private const string CheckpointsSuffix = "checkpoints";

    private Retention(int checkpoints, TimeSpan span)
    {
        Checkpoints = checkpoints;
        Span = span;
    }

    /// <summary>Keep everything. The default.</summary>
    public static Retention All => default;

    /// <summary>Keep the state alone: the last checkpoint and the events after it.</summary>
    public static Retention Last => new(1, TimeSpan.Zero);

    /// <summary>Keep the newest checkpoints, and all events after the first of them.</summary>
    /// <param name="count">The number of checkpoints, 1 to 1,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is out of range.</exception>
    public static Retention Newest(int count)
        => count is >= 1 and <= 1000
            ? new(count, TimeSpan.Zero)
            : throw new ArgumentOutOfRangeException(nameof(count), count, "A stream keeps 1 to 1000 checkpoints.");

    /// <summary>Keep the records that give the state at any time within a span before now.</summary>
    /// <param name="span">1 second to 100 years.</param>
    /// <exception cref="ArgumentOutOfRangeException">The span is out of range.</exception>
    public static Retention For(TimeSpan span)
        => IsSpan(span)
            ? new(0, span)
            : throw new ArgumentOutOfRangeException(nameof(span), span, "A stream keeps 1 second to 36525 days.");

    /// <summary>How many checkpoints are kept; 0 when their number is not the rule.</summary>
    public int Checkpoints { get; }

    /// <summary>How long history is kept; zero when time is not the rule.</summary>
    public TimeSpan Span { get; }

    /// <summary>Whether everything is kept.</summary>
    public bool KeepsAll => Checkpoints == 0 && Span == TimeSpan.Zero;

    /// <summary>Reads <c>All</c>, <c>3 checkpoints</c>, or a time span such as <c>90.00:00:00</c>.</summary>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static Retention Parse(string s, IFormatProvider? provider = null)
        => TryParse(s, provider, out Retention retention)
            ? retention
            : throw new FormatException($"'{s}' is no retention; use All, '3 checkpoints' (1 to 1000), or a time span between 00:00:01 and 36525.00:00:00.");

    /// <summary>Reads the same texts as <see cref="Parse"/>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Retention result)
    {
        result = All;
        string text = s?.Trim() ?? "";
        if (string.Equals(text, nameof(All), StringComparison.OrdinalIgnoreCase))
            return true;
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0)
        {
            bool valid = int.TryParse(text.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
                && count is >= 1 and <= 1000
                && CheckpointsSuffix.StartsWith(text[(space + 1)..].Trim(), StringComparison.OrdinalIgnoreCase)
                && text.Length - space >= "checkpoint".Length;
            result = valid ? new(count, TimeSpan.Zero) : All;
            return valid;
        }

        // A bare number would be read as days.
        if (!text.Contains(':', StringComparison.Ordinal) || !TimeSpan.TryParse(text, provider ?? CultureInfo.InvariantCulture, out TimeSpan span) || !IsSpan(span))
            return false;
        result = new(0, span);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => KeepsAll
        ? nameof(All)
        : Checkpoints > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{Checkpoints} checkpoint{(Checkpoints == 1 ? "" : "s")}")
            : Span.ToString("c", CultureInfo.InvariantCulture);

    private static bool IsSpan(TimeSpan span) => span >= TimeSpan.FromSeconds(1) && span <= TimeSpan.FromDays(36525);
}
