using Actors.Wal.Copying;

namespace Actors.Wal;

/// <summary>
/// Moves all streams of a store into another one, of whatever kind: every event that is kept with its sequence, time, codec and
/// payload, the checkpoints, and where each stream's history begins. Epochs and LSNs are new, so that a follower of the change
/// feed must begin anew.
/// </summary>
/// <remarks>
/// A copy that was stopped or killed goes on where it stopped when it is run again. The target can't be opened as a store
/// before all of it has been read back and compared.
/// </remarks>
public static class LogStoreCopy
{
    /// <summary>The store of a directory, which nobody may have open meanwhile: its lock is taken when the copy begins.</summary>
    public static CopySource From(string directory) => new LocalCopySource(directory);

    /// <summary>A new store in a directory, which must not be there or be empty. It is written beside it, as <c>DIRECTORY.partial</c>, and renamed when it is complete.</summary>
    public static CopyTarget To(string directory) => new LocalCopyTarget(directory);

    /// <summary>Copies, and compares.</summary>
    /// <param name="source">The store that is copied; disposed of by the caller.</param>
    /// <param name="target">The store that the copy is made in; disposed of by the caller.</param>
    /// <param name="options">What is copied; null for all.</param>
    /// <param name="cancellationToken">Stops; run again, the copy goes on.</param>
    /// <exception cref="DirectoryNotFoundException">There is no source.</exception>
    /// <exception cref="StoreInUseException">Somebody has the source or the target open.</exception>
    /// <exception cref="LogCorruptException">The source is damaged. Nothing of the damage was written; the target is not complete.</exception>
    /// <exception cref="IOException">The target holds something else, or could not be written.</exception>
    public static Task<CopyReport> RunAsync(CopySource source, CopyTarget target, CopyOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        return Task.Run(() => new StoreCopy(source, target, options ?? new CopyOptions()).RunAsync(cancellationToken), cancellationToken);
    }
}

/// <summary>What is copied.</summary>
public sealed record CopyOptions
{
    /// <summary>Only the streams whose names begin so.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Called with what is done and what there is to do, in events.</summary>
    public Action<CopyStage, long, long> Progress { get; init; } = static (_, _, _) => { };
}

/// <summary>What a copy is doing.</summary>
public enum CopyStage
{
    /// <summary>Reading the source and writing the target.</summary>
    Copying = 0,

    /// <summary>Reading the target.</summary>
    Verifying = 1,
}

/// <summary>What a copy came to.</summary>
/// <param name="Streams">Streams of the source.</param>
/// <param name="Events">Their events that are kept; states count as such.</param>
/// <param name="Checkpoints">Their checkpoints.</param>
/// <param name="Bytes">Payload bytes of all of them.</param>
/// <param name="Copied">Records that this run wrote; the others were there from earlier ones.</param>
/// <param name="Differences">What the target has not as the source has it, a line each. Then the target is not complete.</param>
/// <param name="Moved">Streams of the source that somebody wrote to meanwhile. Then the target is not complete; run again, the copy brings them up to date.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record CopyReport(
    long Streams, long Events, long Checkpoints, long Bytes, long Copied, IReadOnlyList<string> Differences, IReadOnlyList<StreamId> Moved, TimeSpan Elapsed)
{
    /// <summary>Whether the target has all that the source has, and is a store now.</summary>
    public bool IsComplete => Differences.Count == 0 && Moved.Count == 0;
}
