using Actors.Explorer.Stores;
using Actors.Orleans;
using Actors.Orleans.Hosting;
using Actors.Wal;
using Actors.Wal.Backup;
using Actors.Wal.Local;

namespace Actors.Explorer.Silos;

/// <summary>Changes the store of a silo.</summary>
internal sealed class SiloChanges(LogStoreHost host, IServiceProvider services) : IStoreChanges
{
    public async ValueTask SkipEventAsync(string stream, long sequence, string reason, CancellationToken cancellationToken = default)
    {
        await DoAsync(() => services.SkipEventAsync(stream, sequence, reason, host.Name)).ConfigureAwait(false);
    }

    public async ValueTask UnskipEventAsync(string stream, long sequence, string reason, CancellationToken cancellationToken = default)
    {
        await DoAsync(() => services.UnskipEventAsync(stream, sequence, reason, host.Name)).ConfigureAwait(false);
    }

    public async ValueTask DropCheckpointAsync(string stream, CancellationToken cancellationToken = default)
    {
        await DoAsync(() => services.DropCheckpointAsync(stream, host.Name)).ConfigureAwait(false);
    }

    public async ValueTask<string> CompactAsync(CancellationToken cancellationToken = default)
    {
        CompactionReport report = await Local("compacts itself").CompactAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        string done = $"{report.Segments:N0} segments were compacted, from {report.BytesBefore:N0} to {report.BytesAfter:N0} bytes.";
        return done;
    }

    public async ValueTask<string> BackupAsync(string directory, CancellationToken cancellationToken = default)
    {
        BackupReport report = await Local("is backed up with PostgreSQL's own programs").BackupAsync(directory, null, cancellationToken).ConfigureAwait(false);
        string done = $"A backup up to LSN {report.LastLsn.Value:N0} was made in '{directory}': {report.Segments:N0} segments, of which {report.Linked:N0} are links, and {report.CopiedBytes:N0} bytes copied.";
        return done;
    }

    private static async Task DoAsync(Func<Task> change)
    {
        try
        {
            await change().ConfigureAwait(false);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // The name of a parameter says nothing to a person.
            throw new ExplorerException(e is ArgumentException { ParamName: { } name } ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : e.Message, e);
        }
    }

    private LocalLogStore Local(string otherwise) => host.Store as LocalLogStore ?? throw new ExplorerException($"A store that is not kept in files {otherwise}.");
}
