using System.Security.Cryptography;
using Actors.Wal.Storage;

namespace Actors.Wal.Opening;

/// <summary>
/// What a store takes from outside itself, beside its options and their clock: storage, threads and randomness. A
/// simulator puts its own in place and gets the same run for the same seed.
/// </summary>
internal sealed record StoreEnvironment(IStorage Storage)
{
    /// <summary>
    /// Whether the store has threads of its own. Without, somebody calls its steps, and who waits for an append goes on
    /// inside of them.
    /// </summary>
    public bool Threads { get; init; } = true;

    /// <summary>Makes the id of a new store.</summary>
    public Func<Guid> NewStoreId { get; init; } = Guid.NewGuid;

    /// <summary>Makes the seed of a new store's stream hashes, which no caller can foresee.</summary>
    public Func<ulong> NewHashSeed { get; init; } = static () => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
}
