using Actors.Wal;

namespace Actors.Orleans.Tests.Hosting;

/// <summary>A stream whose answers to appends and checkpoints come when a gate lets them.</summary>
/// <param name="inner">The stream.</param>
/// <param name="gate">Waited for behind each answer.</param>
public sealed class HeldStream(ILogStream inner, Func<Task> gate) : ILogStream
{
    /// <summary>The stream whose answers are held.</summary>
    public ILogStream Inner => inner;

    public StreamId Id => inner.Id;

    public Epoch Epoch => inner.Epoch;

    public Sequence Head => inner.Head;

    public Sequence? Checkpoint => inner.Checkpoint;

    public Sequence First => inner.First;

    public bool IsOwner => inner.IsOwner;

    public CancellationToken OwnershipLost => inner.OwnershipLost;

    public ValueTask<bool> ConfirmOwnershipAsync(CancellationToken cancellationToken = default) => inner.ConfirmOwnershipAsync(cancellationToken);

    public ValueTask<AppendResult> AppendAsync(EventData data, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => HoldAsync(inner.AppendAsync(data, expectedSequence, cancellationToken));

    public ValueTask<AppendResult> AppendAsync(IReadOnlyList<EventData> events, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => HoldAsync(inner.AppendAsync(events, expectedSequence, cancellationToken));

    public ValueTask<AppendResult> AppendStateAsync(EventData state, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => HoldAsync(inner.AppendStateAsync(state, expectedSequence, cancellationToken));

    public async ValueTask CheckpointAsync(Sequence sequence, EventData state, CancellationToken cancellationToken = default)
    {
        ValueTask answer = inner.CheckpointAsync(sequence, state, cancellationToken);

        // For longer: calls that wait for a checkpoint under way are rare otherwise.
        for (int i = 0; i < 4; i++)
            await gate();
        await answer;
    }

    public IAsyncEnumerable<LogRecord> ReplayAsync(CancellationToken cancellationToken = default) => inner.ReplayAsync(cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsync(Sequence from, Sequence to, CancellationToken cancellationToken = default) => inner.ReadAsync(from, to, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsOfAsync(Sequence sequence, CancellationToken cancellationToken = default) => inner.ReadAsOfAsync(sequence, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsOfAsync(DateTimeOffset time, CancellationToken cancellationToken = default) => inner.ReadAsOfAsync(time, cancellationToken);

    public ValueTask TruncateAsync(Sequence before, CancellationToken cancellationToken = default) => inner.TruncateAsync(before, cancellationToken);

    public async ValueTask DeleteAsync(Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
    {
        ValueTask answer = inner.DeleteAsync(expectedSequence, cancellationToken);
        await gate();
        await answer;
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask<AppendResult> HoldAsync(ValueTask<AppendResult> answer)
    {
        // A caller that reads the result twice is none of the tests' business here.
        Task<AppendResult> decided = answer.AsTask();
        await gate();
        return await decided;
    }
}
