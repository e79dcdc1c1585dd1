using Actors.Benchmarks.Measuring;
using Actors.Wal;

namespace Actors.Benchmarks.Scenarios;

/// <summary>Appends to a store directly. Every caller has its own stream and one append outstanding.</summary>
internal sealed class AppendScenario(string name, string description, int payloadBytes, IReadOnlyList<int> callers, Workbench bench)
    : Scenario(name, description, callers)
{
    private readonly EventData _data = new(Payload.Of(payloadBytes));
    private RawStore? _store;

    /// <summary>The counts of the last measurement's store, since its opening.</summary>
    public WrittenBytes Written { get; private set; }

    /// <summary>
    /// Whether one store is used for all measurements instead of a new one for each. A single caller fills no segment in the
    /// time; many callers write gigabytes, which are deleted after each measurement.
    /// </summary>
    public bool KeepsStore { get; init; }

    /// <summary>When the store acknowledges an append.</summary>
    public SyncPolicy Sync { get; init; }

    public override async Task PrepareAsync(int callers, CancellationToken cancellationToken)
        => _store ??= await RawStore.OpenAsync(bench.Directory.Next(Name), callers, Sync, cancellationToken);

    public override async Task CallAsync(Caller caller)
    {
        ILogStream stream = _store!.Streams[caller.Index];
        while (caller.Next())
            await stream.AppendAsync(_data);
    }

    public override async Task CleanUpAsync(int callers)
    {
        StoreStatistics statistics = _store!.Statistics;
        Written = new WrittenBytes(statistics.AppendedFrames, statistics.AppendedBytes, statistics.Batches);
        if (!KeepsStore)
            await CloseAsync();
    }

    public override async Task CloseAsync()
    {
        if (_store is { } store)
            await store.DisposeAsync();
        _store = null;
    }
}

/// <summary>The counts of a store's frames, bytes and batches.</summary>
internal readonly record struct WrittenBytes(long Frames, long Bytes, long Batches)
{
    public double FramesPerBatch => (double)Frames / Batches;

    public int BytesPerBatch => (int)(Bytes / Batches);
}
