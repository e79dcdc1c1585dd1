using System.Globalization;

namespace Actors.Reliability.Processes;

/// <summary>The options of a writer process, as on its command line.</summary>
/// <param name="Directory">The store's directory.</param>
/// <param name="Run">The number of the run on that directory, from 1.</param>
internal sealed record WriterOptions(string Directory, int Run)
{
    /// <summary>The number of concurrent writers, each with its own streams.</summary>
    public int Writers { get; init; } = 16;

    /// <summary>The number of operations of each writer; null for no limit.</summary>
    public int? Operations { get; init; }

    /// <summary>Whether it closes its store after its operations; otherwise the process just ends.</summary>
    public bool Closes { get; init; }

    public SyncPolicy Sync { get; init; } = SyncPolicy.Always;

    /// <summary>The size of a segment in bytes. It is small, so that a short run fills many segments.</summary>
    public int SegmentBytes { get; init; } = 512 * 1024;

    /// <summary>The size limit in bytes of the rare large payloads, without their header.</summary>
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
        FillBelowBatchBytes = Run % 2 == 0 ? 0 : int.MaxValue, // alternates between zero-filled and only reserved segments
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
