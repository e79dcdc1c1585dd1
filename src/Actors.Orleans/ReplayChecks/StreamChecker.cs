using Actors.Wal;

namespace Actors.Orleans.ReplayChecks;

/// <summary>Checks streams of one kind with the types that a grain class declares for them.</summary>
internal abstract class StreamChecker
{
    public abstract Task CheckAsync(ILogReader reader, StreamInfo stream, ReplayFindings findings, CancellationToken cancellationToken);
}
