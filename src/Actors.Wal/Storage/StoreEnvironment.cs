using System.Security.Cryptography;

namespace Actors.Wal.Storage;

/// <summary>
/// The environment of a store, besides its options and their clock: storage, threads and randomness. A simulator replaces
/// them and gets the same run for the same seed.
/// </summary>
internal sealed record StoreEnvironment(IStorage Storage)
{
    /// <summary>
    /// Whether the store has threads of its own. Without them, the creator of the store calls its steps, and the continuations of
    /// appends run inside these steps.
    /// </summary>
    public bool Threads { get; init; } = true;

    /// <summary>Makes the id of a new store.</summary>
    public Func<Guid> NewStoreId { get; init; } = Guid.NewGuid;

    /// <summary>Makes the seed of a new store's stream hashes, which callers can't predict.</summary>
    public Func<ulong> NewHashSeed { get; init; } = static () => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
}
