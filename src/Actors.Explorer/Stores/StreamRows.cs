namespace Actors.Explorer.Stores;

internal enum StreamOrder
{
    /// <summary>The streams that were written last come first.</summary>
    Newest,

    /// <summary>The streams with the most events come first.</summary>
    Longest,
}

/// <param name="Prefix">How the stream's id begins.</param>
/// <param name="Order">The order.</param>
/// <param name="Skip">How many streams come before the page.</param>
/// <param name="Take">The most streams of the page.</param>
internal sealed record StreamQuery(string Prefix, StreamOrder Order, long Skip, int Take);

/// <param name="Rows">The streams.</param>
/// <param name="Total">How many streams the whole list has, as far as it is known.</param>
/// <param name="IsWhole">Whether the list has all streams of the query. If not, <paramref name="Note"/> says why.</param>
/// <param name="Note">What to tell the reader; null for nothing.</param>
internal sealed record StreamPage(IReadOnlyList<StreamRow> Rows, long Total, bool IsWhole = true, string? Note = null);

[Flags]
internal enum StreamMarks
{
    None = 0,

    /// <summary>An activation of this process has the stream open.</summary>
    Open = 1,

    Quarantined = 2,

    /// <summary>An activation of this process was fenced: another one has opened the stream.</summary>
    Fenced = 4,
}

/// <param name="Id">The stream's id.</param>
/// <param name="Head">The last event's sequence.</param>
/// <param name="First">The first sequence that is kept; head + 1 when no event is.</param>
/// <param name="Checkpoint">The last checkpoint's sequence; null without one.</param>
/// <param name="Marks">What is to be seen about it.</param>
/// <param name="LastTime">When the last event was appended; null when it is not known.</param>
internal sealed record StreamRow(string Id, long Head, long First, long? Checkpoint, StreamMarks Marks = StreamMarks.None, DateTimeOffset? LastTime = null)
{
    public long Events => Head - First + 1;
}

/// <summary>A record of a stream or of the feed.</summary>
internal sealed record RecordRow
{
    public required string Stream { get; init; }

    public required long Sequence { get; init; }

    /// <summary>Event, Checkpoint, State, Truncation or Deletion.</summary>
    public required string Kind { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required long Lsn { get; init; }

    public required long Epoch { get; init; }

    /// <summary>The payload's bytes, without the idempotency key.</summary>
    public required int Bytes { get; init; }

    public string? IdempotencyKey { get; init; }

    /// <summary>The event's name: its alias or its class. Null when the types are not known.</summary>
    public string? Type { get; init; }

    /// <summary>The payload as JSON, or as base 64 in a JSON string. Null when payloads are hidden.</summary>
    public string? Json { get; init; }

    /// <summary>Why the event can't be decoded with the program's types.</summary>
    public string? Error { get; init; }

    /// <summary>Whether an operator told replay to skip the event.</summary>
    public bool IsSkipped { get; init; }
}

/// <summary>A state before and after an event.</summary>
/// <param name="Sequence">The event.</param>
/// <param name="Before">The state before it as indented JSON; null for the first event, or when the state is not known.</param>
/// <param name="After">The state after it; null when it is not known.</param>
/// <param name="Record">The event; null when it was dropped.</param>
/// <param name="Note">Why a state is not known; null when both are.</param>
internal sealed record StateView(long Sequence, string? Before, string? After, RecordRow? Record, string? Note = null);

/// <param name="Sequence">The event that changed the field.</param>
/// <param name="Before">The field's JSON before it; null when there was no such field.</param>
/// <param name="After">The field's JSON after it; null when it was removed.</param>
internal sealed record FieldChange(long Sequence, string? Before, string? After);
