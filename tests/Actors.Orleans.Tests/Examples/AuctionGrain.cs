using Orleans.EventSourcing;
using Orleans.Providers;

namespace Actors.Orleans.Tests.Examples;

public interface IAuctionGrain : IGrainWithStringKey
{
    Task<bool> Bid(string bidder, int amount);

    Task<string?> GetLeader();

    Task<IReadOnlyList<BidPlaced>> GetHistory();
}

// <example>
[GenerateSerializer, Alias("auction.bid-placed")]
public sealed record BidPlaced([property: Id(0)] string Bidder, [property: Id(1)] int Amount);

[GenerateSerializer, Alias("auction")]
public sealed class Auction
{
    [Id(0)] public string? Leader { get; set; }

    [Id(1)] public int Highest { get; set; }

    public void Apply(BidPlaced bid) => (Leader, Highest) = (bid.Bidder, bid.Amount);
}

[GrainType("auction")]
[LogConsistencyProvider(ProviderName = "wal")]
public sealed class AuctionGrain : JournaledGrain<Auction, BidPlaced>, IAuctionGrain
{
    public async Task<bool> Bid(string bidder, int amount)
    {
        if (amount <= State.Highest)
            return false;
        RaiseEvent(new BidPlaced(bidder, amount));
        await ConfirmEvents();   // durable and applied when this returns
        return true;
    }

    public Task<string?> GetLeader() => Task.FromResult(State.Leader);

    public Task<IReadOnlyList<BidPlaced>> GetHistory() => RetrieveConfirmedEvents(0, Version);
}
// </example>
