using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

internal enum AppendKind
{
    Events,
    State,
    Checkpoint,
    Truncation,
    Deletion,
}

/// <summary>One stream's part of an append.</summary>
internal sealed record AppendPart(OwnedStream Stream, AppendKind Kind, IReadOnlyList<EventData> Events, Sequence? Expected)
{
    /// <summary>Where a checkpoint stands, or before which a truncation drops.</summary>
    public Sequence At { get; init; }

    /// <summary>The first event that the stream's retention keeps; zero for what was kept before, -1 for a state that keeps nothing before itself.</summary>
    public long KeepFrom { get; init; }

    public int Bytes { get; } = Events.Sum(e => RowPayload.HeaderBytes + e.Payload.Length);

    public AppendResult Result { get; set; }
}

/// <summary>An append that waits for its commit: of one stream, or of several, all or nothing.</summary>
internal sealed class AppendRequest(IReadOnlyList<AppendPart> parts)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<AppendPart> Parts => parts;

    public int Bytes { get; } = parts.Sum(p => p.Bytes);

    public Task Done => _done.Task;

    public void Complete() => _done.TrySetResult();

    public void Fail(Exception error) => _done.TrySetException(error);
}
