using System.Collections.Concurrent;
using Actors.Explorer.Stores;

namespace Actors.Explorer.Reading;

/// <summary>
/// The overviews of the last minutes. They are taken while somebody looks, once a second however many look: a store at which nobody looks
/// is not asked.
/// </summary>
internal sealed class OverviewHistory(TimeProvider time)
{
    /// <summary>How many overviews are kept.</summary>
    public const int Most = 300;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(900);

    private readonly ConcurrentDictionary<string, Samples> _stores = new(StringComparer.Ordinal);

    /// <summary>Adds the store's overview, unless another reader has just done so, and returns all, oldest first.</summary>
    public async ValueTask<IReadOnlyList<StoreOverview>> LookAsync(IExploredStore store, CancellationToken cancellationToken)
    {
        Samples samples = _stores.GetOrAdd(store.Name, static _ => new Samples());
        await samples.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (samples.List.Count == 0 || time.GetUtcNow() - samples.TakenAt >= Period)
            {
                samples.List.Add(await store.GetOverviewAsync(cancellationToken).ConfigureAwait(false));
                samples.TakenAt = time.GetUtcNow();
                if (samples.List.Count > Most)
                    samples.List.RemoveAt(0);
            }

            return [.. samples.List];
        }
        finally
        {
            samples.Gate.Release();
        }
    }

    private sealed class Samples
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public List<StoreOverview> List { get; } = [];

        public DateTimeOffset TakenAt { get; set; }
    }
}
