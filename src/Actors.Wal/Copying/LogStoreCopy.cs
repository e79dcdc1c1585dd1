
namespace Actors.Wal.Copying;

/// <summary>
/// Copies all streams of a store into another store of any kind: every kept event with its sequence, time, codec and payload, the
/// checkpoints, and the first sequence of each stream. Epochs and LSNs are new, so a follower of the change feed must start
/// again.
/// </summary>
/// <remarks>
/// A copy that was stopped or killed continues where it stopped when it is run again. The target can't be opened as a store
/// before all of it has been read back and compared.
/// </remarks>
internal static class LogStoreCopy
{
    /// <summary>Names the store in a directory as the source. It must not be open during the copy, which takes its lock at the start.</summary>
    public static CopySource From(string directory) => new LocalCopySource(directory);

    /// <summary>Names a missing or empty directory as the target. It is written as <c>DIRECTORY.partial</c> and renamed when complete.</summary>
    public static CopyTarget To(string directory) => new LocalCopyTarget(directory);

    /// <summary>Copies the source to the target, and compares the two.</summary>
    /// <param name="source">The store that is copied; the caller disposes it.</param>
    /// <param name="target">The store that the copy is made in; the caller disposes it.</param>
    /// <param name="options">Which streams are copied; null for all.</param>
    /// <param name="cancellationToken">Stops the copy; when run again, it continues.</param>
    /// <exception cref="DirectoryNotFoundException">The source does not exist.</exception>
    /// <exception cref="StoreInUseException">The source or the target is open.</exception>
    /// <exception cref="LogCorruptException">The source is damaged. No damaged record was written; the target is not complete.</exception>
    /// <exception cref="IOException">The target holds something else, or could not be written.</exception>
    public static Task<CopyReport> RunAsync(CopySource source, CopyTarget target, CopyOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        return Task.Run(() => new StoreCopy(source, target, options ?? new CopyOptions()).RunAsync(cancellationToken), cancellationToken);
    }
}

/// <summary>The options of a copy.</summary>
internal sealed record CopyOptions
{
    /// <summary>Only streams whose names begin with this are copied.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Called with the stage, and the events that are done and to be done in total.</summary>
    public Action<CopyStage, long, long> Progress { get; init; } = static (_, _, _) => { };
}

/// <summary>The stages of a copy.</summary>
internal enum CopyStage
{
    /// <summary>Reading the source and writing the target.</summary>
    Copying = 0,

    /// <summary>Reading the target.</summary>
    Verifying = 1,
}

/// <summary>The result of a copy.</summary>
/// <param name="Streams">Streams of the source.</param>
/// <param name="Events">Their events that are kept; states count as such.</param>
/// <param name="Checkpoints">Their checkpoints.</param>
/// <param name="Bytes">Payload bytes of all of them.</param>
/// <param name="Copied">Records that this run wrote; earlier runs wrote the others.</param>
/// <param name="Differences">The target's differences from the source, one per line. If there are any, the target is not complete.</param>
/// <param name="Moved">Source streams that changed during the copy. If there are any, the target is incomplete; another run updates them.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record CopyReport(
    long Streams, long Events, long Checkpoints, long Bytes, long Copied, IReadOnlyList<string> Differences, IReadOnlyList<LogStreamId> Moved, TimeSpan Elapsed)
{
    /// <summary>Whether the target holds everything that the source holds, and can be opened as a store.</summary>
    public bool IsComplete => Differences.Count == 0 && Moved.Count == 0;
}
