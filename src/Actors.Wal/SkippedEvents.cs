using System.Text.Json;
using System.Text.Json.Serialization;

namespace Actors.Wal;

/// <summary>An event that an operator told readers to skip, because it can't be decoded or applied. It stays in its stream.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Sequence">The event.</param>
/// <param name="Reason">The reason that the operator gave.</param>
/// <param name="Time">When the operator said so.</param>
internal sealed record SkippedEvent(LogStreamId Stream, Sequence Sequence, string Reason, DateTimeOffset Time)
{
    /// <summary>
    /// When the event was written; null in entries of earlier releases. If the stream was deleted and created again, the time
    /// distinguishes this event from a new one with the same sequence.
    /// </summary>
    public DateTimeOffset? Written { get; init; }

    /// <summary>Whether a record is this event.</summary>
    public bool IsOf(in LogRecord record) => record.Stream == Stream && record.Sequence == Sequence && (Written is not { } written || written == record.Time);
}

/// <summary>
/// The events that an operator told the readers of a store to skip. They are kept in a stream of the store,
/// <see cref="Stream"/>, with one JSON object for each change, so that every change stays on record.
/// </summary>
internal static class SkippedEvents
{
    private const int Tries = 100;

    /// <summary>The stream that holds the skipped events.</summary>
    public static LogStreamId Stream { get; } = new("actors/skipped-events");

    /// <summary>Tells all readers to skip an event if they can't decode or apply it. Durable when it returns.</summary>
    /// <param name="store">The store.</param>
    /// <param name="skipped">The event.</param>
    /// <param name="cancellationToken">Cancels the call unless the record is accepted already.</param>
    /// <returns>The checkpoint's sequence if its state includes the event: then only a rebuild, or a reader of the history, skips it.</returns>
    /// <exception cref="ArgumentException">The store has no such event.</exception>
    public static async Task<Sequence?> AddAsync(ILogStore store, SkippedEvent skipped, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(skipped);
        if (await store.FindAsync(skipped.Stream, cancellationToken).ConfigureAwait(false) is not { } stream)
            throw new ArgumentException($"There is no stream '{skipped.Stream}'.", nameof(skipped));
        if (skipped.Sequence < stream.First || skipped.Sequence > stream.Head)
            throw new ArgumentException($"Stream '{skipped.Stream}' has the events {stream.First} to {stream.Head}, and not {skipped.Sequence}.", nameof(skipped));
        DateTimeOffset? written = null;
        await foreach (LogRecord record in store.ReadAsync(skipped.Stream, skipped.Sequence, skipped.Sequence, cancellationToken).ConfigureAwait(false))
            written = record.Time;
        await AppendAsync(store, new Line(skipped.Stream.Value, skipped.Sequence.Value, skipped.Reason, skipped.Time, written), cancellationToken).ConfigureAwait(false);
        return skipped.Sequence <= stream.Checkpoint ? stream.Checkpoint : null;
    }

    /// <summary>Removes a skip that <see cref="AddAsync"/> added. Durable when it returns.</summary>
    /// <param name="store">The store.</param>
    /// <param name="skipped">The event, with the reason for removing the skip.</param>
    /// <param name="cancellationToken">Cancels the call unless the record is accepted already.</param>
    /// <exception cref="ArgumentException">The event is not skipped.</exception>
    public static async Task RemoveAsync(ILogStore store, SkippedEvent skipped, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(skipped);
        if (!(await ReadAsync(store, cancellationToken).ConfigureAwait(false)).Any(s => s.Stream == skipped.Stream && s.Sequence == skipped.Sequence))
            throw new ArgumentException($"Event {skipped.Sequence} of stream '{skipped.Stream}' is not passed over.", nameof(skipped));
        await AppendAsync(store, new Line(skipped.Stream.Value, skipped.Sequence.Value, skipped.Reason, skipped.Time, IsTakenBack: true), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns all skipped events, in the order in which they were added.</summary>
    /// <param name="reader">The store's reader. No stream gets a new owner.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="InvalidDataException">An entry can't be decoded.</exception>
    public static async Task<IReadOnlyList<SkippedEvent>> ReadAsync(IStreamReader reader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var skipped = new List<SkippedEvent>();
        await foreach (LogRecord record in reader.ReplayAsync(Stream, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                Line line = JsonSerializer.Deserialize<Line>(record.Payload.Span) ?? throw new JsonException("It is null.");
                var told = new SkippedEvent(new LogStreamId(line.Stream), new Sequence(line.Sequence), line.Reason, line.Time) { Written = line.Written };
                if (line.IsTakenBack)
                    skipped.RemoveAll(s => s.Stream == told.Stream && s.Sequence == told.Sequence);
                else
                    skipped.Add(told);
            }
            catch (Exception e) when (e is JsonException or ArgumentException)
            {
                throw new InvalidDataException($"Record {record.Sequence} of stream '{Stream}' is no skipped event: {e.Message}", e);
            }
        }

        return skipped;
    }

    private static async Task AppendAsync(ILogStore store, Line line, CancellationToken cancellationToken)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(line);
        for (int tries = 1; ; tries++)
        {
            await using ILogStream log = await store.OpenAsync(Stream, new StreamOptions { Retention = Retention.All }, cancellationToken).ConfigureAwait(false);
            try
            {
                await log.AppendAsync(new EventData(bytes), cancellationToken: cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (FencedException) when (tries < Tries)
            {
                // Another process writes to this stream at the same time.
            }
        }
    }

    private sealed record Line(
        string Stream, long Sequence, string Reason, DateTimeOffset Time, DateTimeOffset? Written = null, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool IsTakenBack = false);
}
