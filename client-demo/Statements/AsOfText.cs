using System.Globalization;
using Actors.Bank;

namespace Actors.ClientDemo.Statements;

/// <summary>Parses and formats points in the past for the command line and the statement's title. A time without an offset is UTC.</summary>
internal static class AsOfText
{
    private const string DateFormat = "yyyy-MM-dd";

    private static readonly string[] TimeFormats = ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Parses a date or a time; null when the text is neither.</summary>
    public static AsOf? Parse(string text)
    {
        if (DateOnly.TryParseExact(text, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date))
            return new AsOfDate(date);
        return DateTimeOffset.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? new AsOfTime(time.ToUniversalTime())
            : null;
    }

    /// <summary>Returns the meaning of a date: the ledger's date if there is a ledger, else the end of that day by the silo's clock.</summary>
    public static AsOf? Meaning(AsOf? asOf, bool hasLedger)
        => asOf is AsOfDate { Date: var date } && !hasLedger
            ? new AsOfTime(new DateTimeOffset(date, TimeOnly.MaxValue, TimeSpan.Zero))
            : asOf;

    public static string? Of(AsOf? asOf) => asOf switch
    {
        AsOfDate at => at.Date.ToString(DateFormat, CultureInfo.InvariantCulture),
        AsOfTime at => at.Time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
        _ => null,
    };
}
