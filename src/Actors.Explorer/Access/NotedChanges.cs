using System.Security.Claims;
using Actors.Explorer.Stores;
using Microsoft.Extensions.Logging;

namespace Actors.Explorer.Access;

/// <summary>Writes to the program's log who changes what, before it is changed.</summary>
internal sealed partial class NotedChanges(IStoreChanges changes, ClaimsPrincipal user, ILogger logger) : IStoreChanges
{
    private readonly string _user = user.Identity is { IsAuthenticated: true, Name: { } name } ? name : "a user without a name";

    public ValueTask SkipEventAsync(string stream, long sequence, string reason, CancellationToken cancellationToken = default)
    {
        Note(logger, _user, $"skip event {sequence} of stream '{stream}': {reason}");
        return changes.SkipEventAsync(stream, sequence, reason, cancellationToken);
    }

    public ValueTask UnskipEventAsync(string stream, long sequence, string reason, CancellationToken cancellationToken = default)
    {
        Note(logger, _user, $"skip event {sequence} of stream '{stream}' no more: {reason}");
        return changes.UnskipEventAsync(stream, sequence, reason, cancellationToken);
    }

    public ValueTask DropCheckpointAsync(string stream, CancellationToken cancellationToken = default)
    {
        Note(logger, _user, $"drop the checkpoint of stream '{stream}'");
        return changes.DropCheckpointAsync(stream, cancellationToken);
    }

    public ValueTask<string> CompactAsync(CancellationToken cancellationToken = default)
    {
        Note(logger, _user, "compact the store");
        return changes.CompactAsync(cancellationToken);
    }

    public ValueTask<string> BackupAsync(string directory, CancellationToken cancellationToken = default)
    {
        Note(logger, _user, $"back the store up to '{directory}'");
        return changes.BackupAsync(directory, cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Warning, "Log explorer: {User} asks to {Change}")]
    private static partial void Note(ILogger logger, string user, string change);
}
