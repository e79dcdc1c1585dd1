using Actors.Orleans.Streams;
using Actors.Wal;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>Opens the stream of a journal.</summary>
internal abstract class JournalStream
{
    /// <summary>Takes ownership of the stream: every other owner is fenced, and replay returns all records.</summary>
    public abstract ValueTask<JournalLease> TakeAsync(CancellationToken cancellationToken);

    /// <summary>Returns the handle of the last <see cref="TakeAsync"/>, which may be fenced by now; null when it was closed.</summary>
    public abstract ValueTask<JournalLease?> UseAsync();

    /// <summary>Closes a shared handle after its stream was deleted.</summary>
    public abstract ValueTask ForgetAsync(ILogStream deleted);
}

/// <summary>Keeps a journal's stream open during a call, until this is disposed.</summary>
internal readonly struct JournalLease(ILogStream stream, OpenStream? shared = null) : IDisposable
{
    public ILogStream Stream => stream;

    public void Dispose() => shared?.Release();
}

/// <summary>
/// The stream of a grain's journal. Each activation has a handle of its own, so that the next activation fences it, on the same silo too.
/// The grain's lifecycle closes it.
/// </summary>
internal sealed class ActivationStream(GrainStream stream) : JournalStream
{
    public override async ValueTask<JournalLease> TakeAsync(CancellationToken cancellationToken) => new(await stream.OpenAsync(cancellationToken));

    public override ValueTask<JournalLease?> UseAsync()
        => new(stream is { HasEnded: false, Handle: { } handle } ? new JournalLease(handle) : null);

    public override ValueTask ForgetAsync(ILogStream deleted) => ValueTask.CompletedTask;

    /// <summary>Closes the stream when the activation ends.</summary>
    public Task CloseAsync() => stream.EndAsync().AsTask();
}

/// <summary>
/// The stream of a journal without a grain, such as a shard of jobs. Orleans may open such a journal twice on one silo, and does not
/// close it. So all users on a silo share one handle, and the least recently used handles are closed. An append is refused
/// when another user has appended since the journal was read.
/// </summary>
internal sealed class SharedStream(OpenStreams<OpenStream> streams, LogStreamId id) : JournalStream
{
    public override async ValueTask<JournalLease> TakeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        OpenStream shared = await streams.UseCurrentAsync(id);
        return new JournalLease(shared.Stream, shared);
    }

    public override async ValueTask<JournalLease?> UseAsync()
        => await streams.TryUseAsync(id) is { } shared ? new JournalLease(shared.Stream, shared) : null;

    public override ValueTask ForgetAsync(ILogStream deleted) => streams.ForgetAsync(deleted);
}
