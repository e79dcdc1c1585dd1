using Actors.Bank.Doors;

namespace Actors.ClientDemo.Doors;

/// <summary>Bookings that reach their accounts through an Orleans stream. Each account subscribes once, before the first booking.</summary>
internal sealed class StreamDoor(string name, int callers, int seed)
    : AccountDoor(name, callers, seed, static (grains, number) => grains.GetGrain<IStreamAccountGrain>(number))
{
    public override Task OpenAsync(IGrainFactory grains, CancellationToken cancellationToken)
        => Task.WhenAll(Lanes.Select(l => grains.GetGrain<IStreamAccountGrain>(l.Number).Subscribe())).WaitAsync(cancellationToken);
}
