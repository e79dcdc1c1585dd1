namespace Actors.Reliability.Mutants;

/// <summary>A bug that is planted in the store.</summary>
/// <param name="Name">The name, which says what the store does wrong.</param>
/// <param name="Layer">The layer that must catch it.</param>
/// <param name="Workload">The workload that shows it, one that the layer always runs; null for all of them and more.</param>
internal sealed record Mutant(string Name, string Layer, string? Workload = null)
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new("acknowledges before it flushes", "crash", "one append after the other"),
        new("does not flush", "crash", "a new store"),
        new("flushes at an interval only while it is idle", "crash", "flushes at intervals while appends never pause"),
        new("gives followers what is not durable", "crash", "no flush but when asked for"),
        new("does not flush the directory of a new segment", "crash", "a new store"),
        new("leaves the length out of a checksum", "formats"),
        new("leaves the location out of the checksums", "formats"),
        new("swallows the error of a flush", "errors", "a new store"),
        new("flushes again after an error", "errors", "one append after the other"),
        new("ends a segment before its successor is durable", "crash", "records over several sectors"),
        new("renames a file before it is flushed", "crash", "a new store"),
        new("does not cut a torn tail off", "crash", "compaction by one owner after the other"),
        new("takes appends from a former owner", "crash", "a new owner"),
        new("applies the event of a checkpoint again", "crash", "checkpoints"),
        new("trusts the cache after a flush that failed", "errors", "one append after the other"),
        new("deletes unused segments in no order", "crash", "records over several sectors"),
        new("lets a late truncation bring events back", "crash", "truncation"),
        new("can not try again after a full disk", "errors", "records over several sectors"),
        new("takes a segment that was cut for a whole one", "corruption", "records over several sectors"),
        new("shortens a segment before its footer is durable", "crash", "compaction by one owner after the other"),
        new("does not say what is durable", "corruption", "deletion and a new beginning"),
        new("renames a cold segment before it is flushed", "crash", "a new store"),
        new("drops frames before what replaced them is durable", "crash", "compaction without flushes"),
        new("deletes segments before the name of the cold one is durable", "crash", "states that replace each other"),
        new("forgets too early that a stream was deleted", "crash", "a deletion that outlives most of its segment"),
        new("drops events that come before their checkpoint", "crash", "truncation"),
        new("decides from frame headers whose checksum is wrong", "damage"),
        new("leaves damaged streams out of a listing", "damage"),
        new("drops history that it can not read", "damage"),
        new("takes the frames of a damaged stream for dead", "damage"),
        new("gives records the time of their batch", "damage"),
    ];
}

/// <summary>A change of the sources that plants a mutant. A mutant is inactive until an environment variable names it.</summary>
/// <param name="File">The path of the file, relative to the repository's root.</param>
/// <param name="Original">The text to replace; the file must contain it exactly once.</param>
/// <param name="Planted">The text with the mutant.</param>
internal sealed record Edit(string File, string Original, string Planted);
