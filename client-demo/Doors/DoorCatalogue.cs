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
    public const string Jobs = "jobs";
    public const string Reminders = "reminders";
    public const string Streams = "streams";

    public static IReadOnlyList<string> Names { get; } = [GrainLog, Journaled, Durable, Storage, Transactions, Jobs, Reminders, Streams];

    public static Door Create(string name, int callers, int seed) => name switch
    {
        GrainLog => new AccountDoor(name, callers, seed, (grains, number) => grains.GetGrain<IGrainLogAccountGrain>(number)),
        Journaled => new AccountDoor(name, callers, seed, (grains, number) => grains.GetGrain<IJournaledAccountGrain>(number)),
        Durable => new AccountDoor(name, callers, seed, (grains, number) => grains.GetGrain<IDurableAccountGrain>(number)),
        Storage => new AccountDoor(name, callers, seed, (grains, number) => grains.GetGrain<IStorageAccountGrain>(number)),
        Transactions => new TransferDoor(name, callers, seed),
        Jobs => new JobDoor(name, callers, seed),
        Reminders => new AccountDoor(name, callers, seed, (grains, number) => grains.GetGrain<IReminderAccountGrain>(number)),
        Streams => new StreamDoor(name, callers, seed),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such door."),
    };
}
