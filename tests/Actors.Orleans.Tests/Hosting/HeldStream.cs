using Actors.Wal;

namespace Actors.Orleans.Tests.Hosting;

/// <summary>A stream whose answers to appends and checkpoints come when a gate lets them.</summary>
/// <param name="inner">The stream.</param>
/// <param name="gate">Waited for behind each answer.</param>
public sealed class HeldStream(ILogStream inner, Func<Task> gate) : ForwardingStream(inner)
{
    public override ValueTask<AppendResult> AppendAsync(EventData data, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => HoldAsync(base.AppendAsync(data, expectedSequence, cancellationToken));

    public override ValueTask<AppendResult> AppendAsync(IReadOnlyList<EventData> events, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => HoldAsync(base.AppendAsync(events, expectedSequence, cancellationToken));

    public override ValueTask<AppendResult> AppendStateAsync(EventData state, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => HoldAsync(base.AppendStateAsync(state, expectedSequence, cancellationToken));

    public override async ValueTask CheckpointAsync(Sequence sequence, EventData state, CancellationToken cancellationToken = default)
    {
        ValueTask answer = base.CheckpointAsync(sequence, state, cancellationToken);

        // For longer: calls that wait for a checkpoint under way are rare otherwise.
        for (int i = 0; i < 4; i++)
            await gate();
        await answer;
    }

    public override async ValueTask DeleteAsync(Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
    {
        ValueTask answer = base.DeleteAsync(expectedSequence, cancellationToken);
        await gate();
        await answer;
    }

    private async ValueTask<AppendResult> HoldAsync(ValueTask<AppendResult> answer)
    {
        // A caller that reads the result twice is none of the tests' business here.
        Task<AppendResult> decided = answer.AsTask();
        await gate();
        return await decided;
    }
}
