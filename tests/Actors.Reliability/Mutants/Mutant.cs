namespace Actors.Reliability.Mutants;

/// <summary>A bug to be planted in the store.</summary>
/// <param name="Name">What the store does wrong.</param>
/// <param name="Layer">The layer that is to catch it.</param>
internal sealed record Mutant(string Name, string Layer)
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new("acknowledges before it flushes", "crash"),
        new("does not flush", "crash"),
        new("does not flush the directory of a new segment", "crash"),
        new("leaves the length out of a checksum", "formats"),
        new("leaves the location out of the checksums", "formats"),
        new("swallows the error of a flush", "errors"),
        new("flushes again after an error", "errors"),
        new("ends a segment before its successor is durable", "crash"),
        new("renames a file before it is flushed", "crash"),
        new("does not cut a torn tail off", "crash"),
        new("takes appends from a former owner", "crash"),
        new("applies the event of a checkpoint again", "crash"),
        new("trusts the cache after a flush that failed", "errors"),
        new("deletes unused segments in no order", "crash"),
        new("lets a late truncation bring events back", "crash"),
        new("can not try again after a full disk", "errors"),
        new("takes a segment that was cut for a whole one", "corruption"),
        new("shortens a segment before its footer is durable", "crash"),
        new("does not say what is durable", "corruption"),
        new("renames a cold segment before it is flushed", "crash"),
        new("drops frames before what replaced them is durable", "crash"),
        new("deletes segments before the name of the cold one is durable", "crash"),
        new("forgets too early that a stream was deleted", "crash"),
        new("drops events that come before their checkpoint", "crash"),
    ];
}

/// <summary>A place in the sources, and what stands there with the mutants. They sleep until the environment names one.</summary>
/// <param name="File">The file, from the repository's root.</param>
/// <param name="Original">What stands there, once.</param>
/// <param name="Planted">What is to stand there.</param>
internal sealed record Edit(string File, string Original, string Planted);
