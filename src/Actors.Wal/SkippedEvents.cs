using System.Text.Json;

namespace Actors.Wal;

/// <summary>An event that readers are told to pass over, because it can't be decoded or applied. It stays in its stream.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Sequence">The event.</param>
/// <param name="Reason">Why, in the words of whoever said so.</param>
/// <param name="Time">When that was.</param>
public sealed record SkippedEvent(StreamId Stream, Sequence Sequence, string Reason, DateTimeOffset Time);

/// <summary>
/// What an operator has told the readers of a store to pass over. It is kept in a stream of the store itself,
/// <see cref="Stream"/>, one JSON object for each: who did what stays on record.
/// </summary>
public static class SkippedEvents
{
    private const int Tries = 100;

    /// <summary>The stream that they are kept in.</summary>
    public static StreamId Stream { get; } = new("actors/skipped-events");

    /// <summary>Tells all readers to pass over an event. Durable when it returns.</summary>
    /// <param name="store">The store.</param>
    /// <param name="skipped">The event.</param>
    /// <param name="cancellationToken">Stops before it is accepted.</param>
    /// <exception cref="ArgumentException">The store has no such event.</exception>
    public static async Task AddAsync(ILogStore store, SkippedEvent skipped, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(skipped);
        StreamInfo? stream = null;
        await foreach (StreamInfo candidate in store.ListAsync(skipped.Stream.Value, cancellationToken).ConfigureAwait(false))
        {
            if (candidate.Id == skipped.Stream)
                stream = candidate;
        }

        if (stream is null)
            throw new ArgumentException($"There is no stream '{skipped.Stream}'.", nameof(skipped));
        if (skipped.Sequence < stream.Value.First || skipped.Sequence > stream.Value.Head)
            throw new ArgumentException($"Stream '{skipped.Stream}' has the events {stream.Value.First} to {stream.Value.Head}, and not {skipped.Sequence}.", nameof(skipped));
        byte[] line = JsonSerializer.SerializeToUtf8Bytes(new Line(skipped.Stream.Value, skipped.Sequence.Value, skipped.Reason, skipped.Time));
        for (int tries = 1; ; tries++)
        {
            await using ILogStream log = await OpenAsync(store, cancellationToken).ConfigureAwait(false);
            try
            {
                await log.AppendAsync(new EventData(line), cancellationToken: cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (FencedException) when (tries < Tries)
            {
                // Whoever reads opens the stream too, and grains that can't be activated are tried again and again.
            }
        }
    }

    /// <summary>All of them, in the order in which they were told.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="InvalidDataException">One can't be read.</exception>
    public static async Task<IReadOnlyList<SkippedEvent>> ReadAsync(ILogStore store, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        await using ILogStream log = await OpenAsync(store, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(log.ReplayAsync(cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>All of them, in the order in which they were told, beside the store's owner.</summary>
    /// <param name="reader">Reads the store.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="InvalidDataException">One can't be read.</exception>
    public static Task<IReadOnlyList<SkippedEvent>> ReadAsync(ILogReader reader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return ReadAsync(reader.ReplayAsync(Stream, cancellationToken));
    }

    private static async Task<IReadOnlyList<SkippedEvent>> ReadAsync(IAsyncEnumerable<LogRecord> records)
    {
        var skipped = new List<SkippedEvent>();
        await foreach (LogRecord record in records.ConfigureAwait(false))
        {
            try
            {
                Line line = JsonSerializer.Deserialize<Line>(record.Payload.Span) ?? throw new JsonException("It is null.");
                skipped.Add(new SkippedEvent(new StreamId(line.Stream), new Sequence(line.Sequence), line.Reason, line.Time));
            }
            catch (Exception e) when (e is JsonException or ArgumentException)
            {
                throw new InvalidDataException($"Record {record.Sequence} of stream '{Stream}' is no skipped event: {e.Message}", e);
            }
        }

        return skipped;
    }

    private static ValueTask<ILogStream> OpenAsync(ILogStore store, CancellationToken cancellationToken)
        => store.OpenAsync(Stream, new StreamOptions { Retention = Retention.All }, cancellationToken);

    private sealed record Line(string Stream, long Sequence, string Reason, DateTimeOffset Time);
}
