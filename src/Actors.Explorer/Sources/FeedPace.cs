namespace Actors.Explorer.Sources;

/// <summary>
/// How much of a feed the explorer reads. A person reads no more than some lines a second; the rest is left out, so that a busy store is
/// not read twice.
/// </summary>
internal static class FeedPace
{
    /// <summary>The time between two slices.</summary>
    public static TimeSpan Period { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The most records that are read for a slice.</summary>
    public const int MostRecords = 200;

    /// <summary>How many records a new feed begins with.</summary>
    public const int FirstRecords = 50;
}
