using System.Globalization;
using Actors.Wal.Postgres.Reading;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Inspection;

/// <summary>
/// Reads all rows of a store and checks that owners can have written them: the rows of each stream follow each other without a gap or an
/// overlap, and agree in what they record of their stream. Rows have no checksums of their own, so a changed payload is found only if it
/// can't be decoded any more.
/// </summary>
internal sealed class RowVerification(PostgresLogStoreOptions options)
{
    private const int ProgressRows = 4096;

    private readonly List<RowProblem> _problems = [];
    private long _rows;
    private long _events;
    private long _bytes;

    /// <summary>Called with the number of streams that are done, and the number of all streams.</summary>
    public Action<long, long> Progress { get; init; } = static (_, _) => { };

    /// <exception cref="StoreUnreachableException">The server can't be reached.</exception>
    /// <exception cref="InvalidOperationException">There is no store in the schema.</exception>
    public async Task<RowReport> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Migrations.RequireAsync(options, cancellationToken).ConfigureAwait(false);
            await using StoreSnapshot snapshot = await StoreSnapshot.OpenAsync(options, cancellationToken).ConfigureAwait(false);
            return await RunAsync(snapshot, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsUnreachable(e))
        {
            throw new StoreUnreachableException($"The store in schema '{options.Schema}' can't be read: {e.Message}", e);
        }
    }

    private async Task<RowReport> RunAsync(StoreSnapshot snapshot, CancellationToken cancellationToken)
    {
        Dictionary<long, StoredStream> streams = [];
        await foreach (StoredStream stream in snapshot.StreamsAsync("", deleted: true, cancellationToken).ConfigureAwait(false))
        {
            streams.Add(stream.Id, stream);
            Verify(stream);
        }

        ChainCheck? chain = null;
        long id = 0;
        long done = 0;
        await foreach ((long of, StoredRow row, long owner) in snapshot.RowsAsync(byTime: false, streams: null, cancellationToken).ConfigureAwait(false))
        {
            if (done == 0 || of != id)
            {
                chain?.End();
                id = of;
                done++;
                chain = streams.TryGetValue(of, out StoredStream? stream) ? new ChainCheck(stream, _problems) : null;
                if (chain is null)
                    _problems.Add(new RowProblem(string.Create(CultureInfo.InvariantCulture, $"number {of}"), row.Key.Seq, row.Key.Sub, "The row is of no stream that is known."));
            }

            chain?.Add(row, owner);
            _events += row.Count;
            _bytes += row.Payload?.Length ?? 0;
            if (_rows++ % ProgressRows == 0)
                Progress(done, streams.Count);
        }

        chain?.End();
        Progress(streams.Count, streams.Count);
        return new RowReport(_problems, streams.Values.LongCount(s => s.Info is not null), _rows, _events, _bytes);
    }

    private void Verify(StoredStream stream)
    {
        if (!stream.IsDeleted && stream.Last is null)
            _problems.Add(new RowProblem(stream.Name, 0, 0, "The stream has no row: its last one, which says where it stands, is missing."));
        if (stream.IsDeleted && stream.Last is { } last && last.Kind != RowKind.Tombstone)
            _problems.Add(new RowProblem(stream.Name, last.Key.Seq, last.Key.Sub, "The stream's name was given up, and its last row does not say that it was deleted."));
        if (stream.IsDeleted && stream.Last is { } tombstone && tombstone.Epoch > stream.LastEpoch)
            _problems.Add(new RowProblem(stream.Name, tombstone.Key.Seq, tombstone.Key.Sub, $"The deleted stream had epoch {tombstone.Epoch}, and the next one of its name would begin behind {stream.LastEpoch}."));
    }
}

/// <summary>The result of verifying a store.</summary>
/// <param name="Problems">All problems found.</param>
/// <param name="Streams">Streams that are not empty.</param>
/// <param name="Rows">Rows read.</param>
/// <param name="Events">Events in them.</param>
/// <param name="Bytes">Bytes of their payloads.</param>
internal sealed record RowReport(IReadOnlyList<RowProblem> Problems, long Streams, long Rows, long Events, long Bytes);

/// <summary>A problem of a row or of a stream.</summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="Seq">The row's sequence; 0 for a stream without rows.</param>
/// <param name="Sub">The row's number among the rows with that sequence.</param>
/// <param name="What">What is wrong, as a sentence.</param>
internal sealed record RowProblem(string Stream, long Seq, int Sub, string What);
