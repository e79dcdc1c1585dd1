using System.Runtime.CompilerServices;
using Actors.Orleans.Codecs;
using Actors.Orleans.GrainStorage;
using Actors.Orleans.ReplayChecks;
using Actors.Wal;

namespace Actors.Orleans.Kinds;

/// <summary>The states that grain storage has written. Each record holds one.</summary>
internal sealed class StateStreamKind<TState>(PayloadCodec<TState> states) : StreamKind
{
    public override Type State => typeof(TState);

    public override IReadOnlyList<object> Decode(in LogRecord record, out string? key)
    {
        key = null;
        return record.Kind == LogRecordKind.State && StateRecord.Exists(record) && states.Decode(record) is { } state ? [state] : [];
    }

    public override async IAsyncEnumerable<StateAt> StatesAsync(IStreamReader reader, StreamInfo stream, Sequence from, Sequence to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (from == Sequence.Zero)
            yield return new StateAt(from, null);
        else if (from < stream.First)
            throw new StateUnknownException($"The states before version {stream.First} were dropped: the storage keeps as many as its retention says.");
        await foreach (LogRecord record in reader.ReadAsync(stream.Id, from > stream.First ? from : stream.First, to, cancellationToken).ConfigureAwait(false))
        {
            object? state;
            try
            {
                state = Decode(record, out _) is [var held] ? held : null;
            }
            catch (GrainLogDecodeException e)
            {
                throw new StateUnknownException(e.Message, e);
            }

            yield return new StateAt(record.Sequence, state);
        }
    }

    public override async Task CheckAsync(ILogReader reader, StreamInfo stream, ReplayFindings findings, CancellationToken cancellationToken)
    {
        await foreach (LogRecord record in reader.ReplayAsync(stream.Id, cancellationToken).ConfigureAwait(false))
        {
            if (!StateRecord.Exists(record))
                continue;
            try
            {
                states.Decode(record);
                findings.States++;
            }
            catch (GrainLogDecodeException e)
            {
                findings.Add(stream.Id, record.Sequence, ReplayProblemKind.StateNotDecoded, e);
            }
        }
    }
}
