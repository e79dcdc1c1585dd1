using Actors.Orleans.GrainLogs;
using Actors.Orleans.Storage;
using Actors.Wal;
using Orleans.Storage;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>How a journal has its stream open.</summary>
internal abstract class JournalStream
{
    /// <summary>Opens the stream so that no other owner can append any more, and what it holds now is all there is.</summary>
    public abstract ValueTask<JournalLease> TakeAsync(CancellationToken cancellationToken);

    /// <summary>The stream as it was taken last, whoever has it now; null when it is not open.</summary>
    public abstract ValueTask<JournalLease?> UseAsync();

    /// <summary>The stream was deleted.</summary>
    public abstract ValueTask ForgetAsync(ILogStream stream);
}

/// <summary>A call on a journal's stream, which stays open until this is disposed.</summary>
internal readonly struct JournalLease(ILogStream stream, OpenStream? shared = null) : IDisposable
{
    public ILogStream Stream => stream;

    public void Dispose() => shared?.Release();
}

/// <summary>
/// The stream of an activation's journal: the activation's own. Whoever opens it next, be it another activation on this silo, fences this
/// one. The grain's lifecycle closes it.
/// </summary>
internal sealed class ActivationStream(Func<ILogStore> store, StreamId id, StreamOptions options, IGrainContext? activation) : JournalStream
{
    private ILogStream? _stream;
    private bool _isClosed;

    public override async ValueTask<JournalLease> TakeAsync(CancellationToken cancellationToken)
    {
        if (_isClosed)
            throw new InconsistentStateException($"The activation of journal '{id}' has ended; nothing was written.");
        ILogStream stream = await store().OpenAsync(id, options, cancellationToken);
        ILogStream? before = _stream;
        _stream = stream;
        Overtaking.EndsActivation(activation, stream);
        if (before is not null)
            await before.DisposeAsync();
        return new JournalLease(stream);
    }

    public override ValueTask<JournalLease?> UseAsync() => new(_stream is { } stream ? new JournalLease(stream) : null);

    public override ValueTask ForgetAsync(ILogStream stream) => ValueTask.CompletedTask;

    /// <summary>Gives the stream up, when the activation ends.</summary>
    public async Task CloseAsync()
    {
        _isClosed = true;
        if (Interlocked.Exchange(ref _stream, null) is { } stream)
            await stream.DisposeAsync();
    }
}

/// <summary>
/// The stream of a journal that no grain owns, such as that of a shard of jobs. Orleans may open it twice on one silo and does not
/// say when it is done with it: all of a silo share one handle, which is closed by last use. They are kept apart by what each has read.
/// </summary>
internal sealed class SharedStream(OpenStreams<OpenStream> streams, StreamId id) : JournalStream
{
    public override async ValueTask<JournalLease> TakeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        OpenStream shared = await streams.UseCurrentAsync(id);
        return new JournalLease(shared.Stream, shared);
    }

    public override async ValueTask<JournalLease?> UseAsync()
        => await streams.TryUseAsync(id) is { } shared ? new JournalLease(shared.Stream, shared) : null;

    public override ValueTask ForgetAsync(ILogStream stream) => streams.ForgetAsync(stream);
}
