using System.Text.Json;
using System.Text.Json.Serialization;

namespace Actors.Wal;

/// <summary>An event that readers are told to pass over, because it can't be decoded or applied. It stays in its stream.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Sequence">The event.</param>
/// <param name="Reason">Why, in the words of whoever said so.</param>
/// <param name="Time">When that was.</param>
public sealed record SkippedEvent(StreamId Stream, Sequence Sequence, string Reason, DateTimeOffset Time)
{
    /// <summary>
    /// When the event was written; null in entries of earlier releases. It tells the event from one with the same sequence in a stream
    /// that was deleted and created again.
    /// </summary>
    public DateTimeOffset? Written { get; init; }

    /// <summary>Whether it is about an event.</summary>
    public bool IsOf(in LogRecord record) => record.Stream == Stream && record.Sequence == Sequence && (Written is not { } written || written == record.Time);
}

/// <summary>
/// What an operator has told the readers of a store to pass over. It is kept in a stream of the store itself,
/// <see cref="Stream"/>, one JSON object for each: who did what stays on record.
/// </summary>
public static class SkippedEvents
{
    private const int Tries = 100;

    /// <summary>The stream that they are kept in.</summary>
    public static StreamId Stream { get; } = new("actors/skipped-events");

    /// <summary>Tells all readers to pass over an event where they can't decode or apply it. Durable when it returns.</summary>
    /// <param name="store">The store.</param>
    /// <param name="skipped">The event.</param>
    /// <param name="cancellationToken">Stops before it is accepted.</param>
    /// <returns>Where the stream's checkpoint is, if its state includes the event: only a rebuild, or a reader of the history, passes over it.</returns>
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

    /// <summary>Takes back what <see cref="AddAsync"/> has told. Durable when it returns.</summary>
    /// <param name="store">The store.</param>
    /// <param name="skipped">The event, with the reason for taking it back.</param>
    /// <param name="cancellationToken">Stops before it is accepted.</param>
    /// <exception cref="ArgumentException">The event is not passed over.</exception>
    public static async Task RemoveAsync(ILogStore store, SkippedEvent skipped, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(skipped);
        if (!(await ReadAsync(store, cancellationToken).ConfigureAwait(false)).Any(s => s.Stream == skipped.Stream && s.Sequence == skipped.Sequence))
            throw new ArgumentException($"Event {skipped.Sequence} of stream '{skipped.Stream}' is not passed over.", nameof(skipped));
        await AppendAsync(store, new Line(skipped.Stream.Value, skipped.Sequence.Value, skipped.Reason, skipped.Time, IsTakenBack: true), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All that are passed over, in the order in which they were told.</summary>
    /// <param name="reader">Reads the store. No stream is taken over.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="InvalidDataException">One can't be read.</exception>
    public static async Task<IReadOnlyList<SkippedEvent>> ReadAsync(IStreamReader reader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var skipped = new List<SkippedEvent>();
        await foreach (LogRecord record in reader.ReplayAsync(Stream, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                Line line = JsonSerializer.Deserialize<Line>(record.Payload.Span) ?? throw new JsonException("It is null.");
                var told = new SkippedEvent(new StreamId(line.Stream), new Sequence(line.Sequence), line.Reason, line.Time) { Written = line.Written };
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
