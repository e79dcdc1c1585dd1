using Actors.Orleans;
using Orleans.Concurrency;
using Orleans.Streams;

namespace Actors.Bank.Doors;

/// <summary>The account of the door <c>PubSubStore</c>.</summary>
[Alias("bank.doors.IStreamAccountGrain")]
public interface IStreamAccountGrain : IDoorAccountGrain
{
    /// <summary>Subscribes the account to its stream, unless it is subscribed already. The subscription is kept in grain storage.</summary>
    [Alias("Subscribe")]
    Task Subscribe();
}

/// <summary>A booking that is sent through a stream.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Amount">The amount that it adds to the balance.</param>
[GenerateSerializer, Immutable]
[Alias("bank.doors.stream-booking")]
public sealed record StreamBooking([property: Id(0)] long Number, [property: Id(1)] long Amount);

/// <summary>
/// Publishes its bookings to a stream that it has subscribed to, and appends what it receives to its grain log. Without the subscription it
/// would receive no bookings.
/// </summary>
[GrainType("streamaccount")]
[Reentrant]
public sealed class StreamAccountGrain([GrainLog("account")] IGrainLog<DoorAccount, AmountBooked> log) : Grain, IStreamAccountGrain
{
    /// <summary>The name of the stream provider.</summary>
    public const string Provider = "bookings";

    private readonly Dictionary<long, TaskCompletionSource> _waiting = [];

    private IAsyncStream<StreamBooking> Bookings => this.GetStreamProvider(Provider).GetStream<StreamBooking>(StreamId.Create("account", this.GetPrimaryKeyLong()));

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        foreach (StreamSubscriptionHandle<StreamBooking> subscription in await Bookings.GetAllSubscriptionHandles())
            await subscription.ResumeAsync(ReceiveAsync);
    }

    /// <inheritdoc/>
    public async Task Subscribe()
    {
        if ((await Bookings.GetAllSubscriptionHandles()).Count == 0)
            await Bookings.SubscribeAsync(ReceiveAsync);
    }

    /// <inheritdoc/>
    public async Task Book(long number, long amount)
    {
        log.State.Totals.RequireNext(this.GetPrimaryKeyLong(), number);
        TaskCompletionSource booked = _waiting[number] = new TaskCompletionSource();
        await Bookings.OnNextAsync(new StreamBooking(number, amount));
        await booked.Task;
    }

    /// <inheritdoc/>
    public Task<AccountTotals> GetTotals() => Task.FromResult(log.State.Totals);

    private async Task ReceiveAsync(StreamBooking booking, StreamSequenceToken? token)
    {
        // A booking can arrive twice when its silo was killed, so only the next number is booked.
        if (booking.Number == log.State.Count + 1)
            await log.AppendAsync(new AmountBooked(booking.Amount));
        if (_waiting.Remove(booking.Number, out TaskCompletionSource? booked))
            booked.SetResult();
    }
}
