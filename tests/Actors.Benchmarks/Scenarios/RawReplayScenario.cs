using Actors.Benchmarks.Measuring;
using Actors.Wal;

namespace Actors.Benchmarks.Scenarios;

/// <summary>Replays streams from the log, one after the other on one thread. One call is the replay of one stream.</summary>
internal sealed class RawReplayScenario(string name, string description, int streams, Workbench bench) : Scenario(name, description, [1])
{
    private const int Events = 1_000_000;
    private const int PayloadBytes = 100;
    private const int Outstanding = 4096;

    private readonly int _eventsPerStream = Events / streams;
    private RawStore? _store;

    public override bool CountsWholeCalls => true;

    public override double OperationsPerCall => _eventsPerStream;

    public override async Task PrepareAsync(int callers, CancellationToken cancellationToken)
    {
        if (_store is not null)
            return;
        _store = await RawStore.OpenAsync(bench.Directory.Next(Name), streams, SyncPolicy.Always, cancellationToken);
        await FillAsync(_store, cancellationToken);
    }

    public override async Task CallAsync(Caller caller)
    {
        for (int i = 0; caller.Next(); i = (i + 1) % streams)
        {
            ILogStream stream = _store!.Streams[i];
            long events = 0;
            long bytes = 0;
            await foreach (LogRecord record in stream.ReplayAsync())
            {
                events++;
                bytes += record.Payload.Length;
            }

            if (events != _eventsPerStream || bytes != events * PayloadBytes)
                throw new InvalidOperationException($"Stream '{stream.Id}' gave {events} events and {bytes} bytes.");
        }
    }

    public override async Task CloseAsync()
    {
        if (_store is { } store)
            await store.DisposeAsync();
    }

    /// <summary>Appends one event to each stream in turn, so that in the log the neighbours of an event belong to other streams.</summary>
    private async Task FillAsync(RawStore store, CancellationToken cancellationToken)
    {
        var data = new EventData(Payload.Of(PayloadBytes));
        var pending = new List<Task>(Outstanding);
        for (int i = 0; i < _eventsPerStream * streams; i++)
        {
            pending.Add(store.Streams[i % streams].AppendAsync(data, cancellationToken: cancellationToken).AsTask());
            if (pending.Count < Outstanding)
                continue;
            await Task.WhenAll(pending);
            pending.Clear();
        }

        await Task.WhenAll(pending);
    }
}
