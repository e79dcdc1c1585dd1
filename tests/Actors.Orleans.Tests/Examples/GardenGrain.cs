using MessagePack;

namespace Actors.Orleans.Tests.Examples;

public interface IGardenGrain : IGrainWithStringKey
{
    Task Plant();

    Task<int> GetWaterings();
}

[MessagePackObject, Alias("example.garden-watered")]
public sealed record Watered([property: Key(0)] DateTime DueAt);

[MessagePackObject]
public sealed class Garden : IApply<Watered>
{
    [Key(0)]
    public int Waterings { get; set; }

    public void Apply(Watered change) => Waterings++;
}

// <example>
[GrainType("garden")]
public sealed class GardenGrain([GrainLog("garden")] IGrainLog<Garden, Watered> log) : Grain, IGardenGrain, IRemindable
{
    public Task Plant() => this.RegisterOrUpdateReminder("water", dueTime: TimeSpan.FromDays(1), period: TimeSpan.FromDays(1));

    public async Task ReceiveReminder(string reminderName, TickStatus status)
        => await log.AppendAsync(new Watered(status.CurrentTickTime));

    public Task<int> GetWaterings() => Task.FromResult(log.State.Waterings);
}
// </example>
