using Actors.Bank.Doors;

namespace Actors.ClientDemo.Doors;

/// <summary>The doors by name, in the order in which they are shown.</summary>
internal static class DoorCatalogue
{
    public const string GrainLog = "grain-log";
    public const string Journaled = "journaled";
    public const string Durable = "durable";
    public const string Storage = "storage";
    public const string Transactions = "transactions";

    public static IReadOnlyList<string> Names { get; } = [GrainLog, Journaled, Durable, Storage, Transactions];

    public static Door Create(string name, int callers, int seed) => name switch
    {
        GrainLog => new AccountDoor(name, callers, seed, (grains, number) => grains.GetGrain<IGrainLogAccountGrain>(number)),
        Journaled => new AccountDoor(name, callers, seed, (grains, number) => grains.GetGrain<IJournaledAccountGrain>(number)),
        Durable => new AccountDoor(name, callers, seed, (grains, number) => grains.GetGrain<IDurableAccountGrain>(number)),
        Storage => new AccountDoor(name, callers, seed, (grains, number) => grains.GetGrain<IStorageAccountGrain>(number)),
        Transactions => new TransferDoor(name, callers, seed),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such door."),
    };
}
