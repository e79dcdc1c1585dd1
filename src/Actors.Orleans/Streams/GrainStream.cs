using Actors.Wal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Actors.Orleans.Streams;

/// <summary>
/// One stream as a door uses it. Opening it fences the owner before. When another owner fences this one, the activation ends, because its
/// state may be old.
/// </summary>
/// <param name="store">Returns the store.</param>
/// <param name="id">The stream.</param>
/// <param name="options">The options for opening it.</param>
/// <param name="activation">The activation whose state the stream holds; null for none.</param>
internal sealed class GrainStream(Func<ILogStore> store, LogStreamId id, StreamOptions options, IGrainContext? activation)
{
    private ILogStream? _handle;

    public LogStreamId Id => id;

    /// <summary>The last handle. It may be fenced by now, or closed if the activation has ended. Null while there is none.</summary>
    public ILogStream? Handle => _handle;

    /// <summary>Whether <see cref="EndAsync"/> was called. The stream can't be opened any more.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Becomes the owner of the stream with a new handle, then closes the one before.</summary>
    /// <exception cref="InconsistentStateException">The activation has ended.</exception>
    public async ValueTask<ILogStream> OpenAsync(CancellationToken cancellationToken = default)
    {
        RequireActivation();
        ILogStream opened = await store().OpenAsync(id, options, cancellationToken);
        if (HasEnded)
            await opened.DisposeAsync();
        RequireActivation();
        ILogStream? before = Interlocked.Exchange(ref _handle, opened);
        if (activation is not null)
            opened.OwnershipLost.UnsafeRegister(static o => ((GrainStream)o!).EndFencedActivation(), this);
        if (before is not null)
            await before.DisposeAsync();
        return opened;
    }

    /// <summary>Asks the store whether another owner has fenced this one. Returns the error for the grain then, and null otherwise.</summary>
    public async ValueTask<Exception?> FindFencedAsync()
    {
        ILogStream handle = _handle!;
        return await handle.ConfirmOwnershipAsync()
            ? null
            : StreamErrors.Translate(new FencedException(id, handle.Epoch, "another activation has opened the stream."));
    }

    /// <summary>Deletes the stream and opens it anew, empty.</summary>
    /// <exception cref="InconsistentStateException">Another owner has fenced this one, or the stream's head is another one.</exception>
    public async ValueTask DeleteAsync(Sequence head)
    {
        ILogStream handle = _handle!;
        await StreamErrors.TranslateAsync(handle.DeleteAsync(head));
        await handle.DisposeAsync();
        await OpenAsync();
    }

    /// <summary>Closes the handle, if there is one. The stream may be opened again.</summary>
    public async ValueTask CloseAsync()
    {
        if (Interlocked.Exchange(ref _handle, null) is { } handle)
            await handle.DisposeAsync();
    }

    /// <summary>Closes the handle when the activation ends.</summary>
    public async ValueTask EndAsync()
    {
        HasEnded = true;
        if (_handle is { } handle)
            await handle.DisposeAsync();
    }

    private void RequireActivation()
    {
        if (HasEnded)
            throw new InconsistentStateException($"The activation that had stream '{id}' open has ended; nothing was written.");
    }

    private void EndFencedActivation()
    {
        Metrics.FencedActivations.Add(1);
        Log.Fenced(activation!.ActivationServices.GetRequiredService<ILoggerFactory>().CreateLogger<GrainStream>(), id);
        activation.Deactivate(new DeactivationReason(DeactivationReasonCode.DuplicateActivation, $"Another activation has opened stream '{id}'."));
    }
}
