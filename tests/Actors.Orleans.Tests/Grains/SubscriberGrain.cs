using Orleans.Providers;
using Orleans.Streams;

namespace Actors.Orleans.Tests.Grains;

/// <summary>Subscribes to a stream of Orleans; whether it did is known to the PubSub store alone.</summary>
public interface ISubscriberGrain : IGrainWithStringKey
{
    Task Subscribe();

    /// <summary>Takes up the subscriptions that the PubSub store knows; gives their number.</summary>
    Task<int> Resume();

    Task Publish(string text);

    Task<string[]> GetReceived();
}

public sealed class SubscriberGrain : Grain, ISubscriberGrain
{
    private readonly List<string> _received = [];

    private IAsyncStream<string> Stream => this.GetStreamProvider("streams").GetStream<string>("news", "today");

    public Task Subscribe() => Stream.SubscribeAsync(ReceiveAsync);

    public async Task<int> Resume()
    {
        IList<StreamSubscriptionHandle<string>> handles = await Stream.GetAllSubscriptionHandles();
        foreach (StreamSubscriptionHandle<string> handle in handles)
            await handle.ResumeAsync(ReceiveAsync);
        return handles.Count;
    }

    public Task Publish(string text) => Stream.OnNextAsync(text);

    public Task<string[]> GetReceived() => Task.FromResult(_received.ToArray());

    private Task ReceiveAsync(string text, StreamSequenceToken? token)
    {
        _received.Add(text);
        return Task.CompletedTask;
    }
}

[GenerateSerializer]
[Alias("tests.Tray")]
public sealed class Tray
{
    [Id(0)]
    public int Cups { get; set; }
}

/// <summary>The oldest way to keep a state.</summary>
public interface ITrayGrain : IGrainWithStringKey
{
    Task<int> Add(int cups);

    Task Clear();
}

[StorageProvider(ProviderName = "wal")]
public sealed class TrayGrain : Grain<Tray>, ITrayGrain
{
    public async Task<int> Add(int cups)
    {
        State.Cups += cups;
        await WriteStateAsync();
        return State.Cups;
    }

    public Task Clear() => ClearStateAsync();
}

/// <summary>Names no storage: the silo's default keeps its state.</summary>
public interface IShelfGrain : IGrainWithStringKey
{
    Task<int> Add(int cups);
}

public sealed class ShelfGrain : Grain<Tray>, IShelfGrain
{
    public async Task<int> Add(int cups)
    {
        State.Cups += cups;
        await WriteStateAsync();
        return State.Cups;
    }
}
