using System.Globalization;

namespace Actors.Explorer.Components.Parts;

/// <summary>Writes numbers, sizes and times for people.</summary>
internal static class Texts
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    public static string Number(long? value) => value?.ToString("N0", CultureInfo.InvariantCulture) ?? "–";

    /// <summary>A number of things, whose plural has an s.</summary>
    public static string Count(long? value, string what) => $"{Number(value)} {what}{(value == 1 ? "" : "s")}";

    public static string Rate(double value) => value.ToString(value < 10 ? "0.#" : "N0", CultureInfo.InvariantCulture);

    public static string Bytes(double? value)
    {
        if (value is not { } bytes)
            return "–";
        int unit = 0;
        for (; bytes >= 1024 && unit < Units.Length - 1; unit++)
            bytes /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{bytes.ToString(bytes < 10 && unit > 0 ? "0.0" : "0", CultureInfo.InvariantCulture)} {Units[unit]}");
    }

    public static string Span(TimeSpan? value) => value switch
    {
        null => "–",
        { TotalMilliseconds: < 1 } t => string.Create(CultureInfo.InvariantCulture, $"{t.TotalMicroseconds:0} µs"),
        { TotalSeconds: < 1 } t => string.Create(CultureInfo.InvariantCulture, $"{t.TotalMilliseconds:0.#} ms"),
        { TotalMinutes: < 2 } t => string.Create(CultureInfo.InvariantCulture, $"{t.TotalSeconds:0.#} s"),
        { TotalHours: < 2 } t => string.Create(CultureInfo.InvariantCulture, $"{t.TotalMinutes:0} min"),
        { TotalDays: < 2 } t => string.Create(CultureInfo.InvariantCulture, $"{t.TotalHours:0} h"),
        { } t => string.Create(CultureInfo.InvariantCulture, $"{t.TotalDays:0} days"),
    };

    /// <summary>A time in UTC to the millisecond.</summary>
    public static string Time(DateTimeOffset? value) => value?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture) ?? "–";

    public static string Percent(double share) => share.ToString(share is > 0 and < 0.01 ? "0.0 %" : "0 %", CultureInfo.InvariantCulture);
}
