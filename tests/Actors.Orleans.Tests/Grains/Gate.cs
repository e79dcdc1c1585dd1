using System.Collections.Concurrent;

namespace Actors.Orleans.Tests.Grains;

/// <summary>Holds a grain's call where the test wants to do something meanwhile.</summary>
public sealed class Gate : IDisposable
{
    private static readonly ConcurrentDictionary<string, Gate> All = new();

    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Gate() => Assert.True(All.TryAdd(Name, this));

    public string Name { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Complete when a call has come to the gate.</summary>
    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

    public void Open() => _open.TrySetResult();

    public void Dispose()
    {
        Open();
        All.TryRemove(Name, out _);
    }

    /// <summary>Called by the grain.</summary>
    public static Task PassAsync(string name)
    {
        Gate gate = All[name];
        gate._reached.TrySetResult();
        return gate._open.Task;
    }
}
