using System.Globalization;

namespace Actors.Reliability.Processes;

/// <summary>What a writer process is to do, as on its command line.</summary>
/// <param name="Directory">The store's directory.</param>
/// <param name="Run">Which run on that directory it is; from 1.</param>
internal sealed record WriterOptions(string Directory, int Run)
{
    /// <summary>How many write side by side, each in streams of its own.</summary>
    public int Writers { get; init; } = 16;

    /// <summary>How many operations each of them does; all that there is time for when null.</summary>
    public int? Operations { get; init; }

    /// <summary>Whether it closes its store when it has done them; otherwise it just ends.</summary>
    public bool Closes { get; init; }

    public SyncPolicy Sync { get; init; } = SyncPolicy.Always;

    /// <summary>Small, so that a short run goes through many segments.</summary>
    public int SegmentBytes { get; init; } = 512 * 1024;

    /// <summary>The largest payload; rare.</summary>
    public int MostPayloadBytes => SegmentBytes / 32;

    public LocalLogStoreOptions Store => new()
    {
        Directory = Directory,
        SegmentBytes = SegmentBytes,
        MaxBatchBytes = SegmentBytes / 4,
        MaxRecordBytes = SegmentBytes / 8,
        Sync = Sync,
        FullRetry = TimeSpan.FromMilliseconds(20),
        IndexSnapshotBytes = SegmentBytes,
        FillBelowBatchBytes = Run % 2 == 0 ? 0 : int.MaxValue, // a fill or a mere reservation, in turns
    };

    public IReadOnlyList<string> Arguments =>
    [
        Directory,
        Text(Run),
        Text(Writers),
        Operations is { } operations ? Text(operations) : "all",
        Sync.Mode.ToString(),
        Text(SegmentBytes),
        Closes.ToString(),
    ];

    public static WriterOptions Of(IReadOnlyList<string> arguments) => new(arguments[0], Number(arguments[1]))
    {
        Writers = Number(arguments[2]),
        Operations = arguments[3] == "all" ? null : Number(arguments[3]),
        Sync = SyncPolicy.Parse(arguments[4]),
        SegmentBytes = Number(arguments[5]),
        Closes = bool.Parse(arguments[6]),
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
