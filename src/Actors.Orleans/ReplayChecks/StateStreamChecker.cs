using Actors.Orleans.Codecs;
using Actors.Orleans.GrainStorage;
using Actors.Wal;

namespace Actors.Orleans.ReplayChecks;

/// <summary>Decodes the last state that grain storage has written.</summary>
internal sealed class StateStreamChecker<TState>(PayloadCodec<TState> states) : StreamChecker
{
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
