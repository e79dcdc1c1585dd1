using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Actors.Wal.Postgres.Upkeep;
using Npgsql;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// Commits one batch, and retries until the outcome of each stream is decided: committed; fenced, because another owner has the stream;
/// rejected, because the server does not accept it; or in doubt, because an answer was lost and the server can't be reached.
/// </summary>
internal sealed class BatchCommit(
    PostgresLogStoreOptions options, AppendStatement statement, Session session, CommitBatch batch, PostgresCommitCounters counters, TrimList trims)
{
    private const int MostConflicts = 100;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    // The kernel's random numbers: two copies of one process, resumed from one memory image, draw different ones.
    private readonly long _number = BitConverter.ToInt64(Guid.NewGuid().ToByteArray());
    private readonly long _begun = options.Time.GetTimestamp();
    private IReadOnlyList<StreamBatch> _pending = batch.Streams;
    private TimeSpan _pause = FirstPause;
    private int _conflicts;

    /// <summary>Whether the statement reads the last rows in spite of sightings, because an earlier attempt did not commit everything.</summary>
    private bool _looks;

    /// <summary>Whether an answer was lost. Then only the rows in the table show whether they were committed.</summary>
    private bool _inDoubt;

    public async Task RunAsync()
    {
        while (_pending.Count > 0)
        {
            NpgsqlConnection connection;
            try
            {
                connection = await session.ConnectAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (ServerErrors.IsUnreachable(e))
            {
                if (await PauseAsync().ConfigureAwait(false))
                    continue;
                GiveUp(e);
                return;
            }
            catch (Exception e)
            {
                GiveUp(e);
                return;
            }

            try
            {
                bool isSighted = !_looks && statement.IsSighted(_pending);
                BatchCommitResult? answer = await statement.RunAsync(connection, _number, _pending, isSighted, CancellationToken.None).ConfigureAwait(false);
                if (session.TakeUnconfirmed())
                    throw new TimeoutException("The server's synchronous standbys have not confirmed the commit.");
                if (answer is { } committed)
                    Take(committed, isSighted);
                else if (!isSighted)
                    await ExamineAsync(connection, isFinal: true).ConfigureAwait(false);
                if (answer is null && !isSighted && _inDoubt && _pending.Count > 0)
                {
                    GiveUp(new InvalidOperationException("the rows are not there, and may have been there and trimmed since."));
                    return;
                }

                _looks = true;
            }
            catch (Exception e)
            {
                if (!await GoOnAsync(connection, e).ConfigureAwait(false))
                    return;
            }
        }

        Settle(null);
    }

    /// <summary>Handles an error. Returns whether the pending rows are to be sent again.</summary>
    private async Task<bool> GoOnAsync(NpgsqlConnection connection, Exception error)
    {
        _looks = true;
        switch (ServerErrors.MeaningOf(error))
        {
            case ErrorMeaning.Conflict when ++_conflicts <= MostConflicts:
                try
                {
                    await ExamineAsync(connection, isFinal: false).ConfigureAwait(false);
                    return true;
                }
                catch (Exception)
                {
                    await session.DropAsync().ConfigureAwait(false);
                    break;
                }

            case ErrorMeaning.TryAgain:
                break;
            case ErrorMeaning.InDoubt:
                _inDoubt = true;
                await session.DropAsync().ConfigureAwait(false);
                break;
            default:
                GiveUp(error);
                return false;
        }

        if (await PauseAsync().ConfigureAwait(false))
            return true;
        GiveUp(error);
        return false;
    }

    private void Take(BatchCommitResult committed, bool isSighted)
    {
        foreach (StreamBatch stream in _pending)
            stream.Commit(committed.Tx, committed.Seen);
        _pending = [];
        if (isSighted)
            counters.CountSighted();
    }

    /// <summary>Decides the outcome of streams whose rows were not inserted.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isFinal">Whether a missing row will not be inserted any more, because the statement completed without it.</param>
    private async Task ExamineAsync(NpgsqlConnection connection, bool isFinal)
    {
        Dictionary<long, long?> found = await statement.ExamineAsync(connection, _number, _pending, CancellationToken.None).ConfigureAwait(false);

        // A row that can be seen is durable on this server. Its commit may have ended without the standbys' answer.
        if (_inDoubt && found.Values.Any(tx => tx is not null))
            await session.ConfirmAsync(CancellationToken.None).ConfigureAwait(false);
        foreach (StreamBatch stream in _pending)
        {
            if (found.TryGetValue(stream.Stream.Id, out long? mine))
            {
                // A row of this commit was committed by this statement, or by an earlier attempt whose answer was lost. Owner and epoch
                // alone prove nothing: the row may be of an earlier append that was wrongly reported as rejected, or of a copy of this process.
                if (mine is { } tx)
                    stream.Commit(tx, seen: null);
                else
                    Refuse(stream, OwnedStream.OvertakenReason);
            }
            else if (isFinal && stream.Group == 0 && !_inDoubt)
            {
                Refuse(stream, "the stream's rows are not those that this owner knows.");
            }
        }

        // A group is committed as a whole or not at all.
        HashSet<int> refused = [.. _pending.Where(s => s.Group != 0 && (s.IsRefused || (isFinal && !_inDoubt && s.CommittedBy is null))).Select(s => s.Group)];
        foreach (StreamBatch stream in _pending.Where(s => refused.Contains(s.Group)))
            stream.IsRefused = true;
        _pending = [.. _pending.Where(s => s.CommittedBy is null && !s.IsRefused)];
    }

    private static void Refuse(StreamBatch stream, string reason)
    {
        stream.IsRefused = true;
        stream.Stream.Lose(reason);
    }

    /// <summary>Waits before another attempt. Returns false when <see cref="PostgresLogStoreOptions.Patience"/> has passed.</summary>
    private async Task<bool> PauseAsync()
    {
        if (options.Time.GetElapsedTime(_begun) + _pause > options.Patience)
            return false;
        await Task.Delay(_pause, options.Time).ConfigureAwait(false);
        _pause = TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, LongestPause.Ticks));
        return true;
    }

    /// <summary>Fails all pending appends; nothing is sent again.</summary>
    private void GiveUp(Exception error)
    {
        Exception reason;
        if (_inDoubt)
        {
            reason = new AppendOutcomeUnknownException($"The answer of the server was lost, and asking again failed: {ServerErrors.Explain(error)} The append may or may not be in the log; open the stream again to learn.", error);
            foreach (StreamBatch stream in _pending)
                stream.Stream.End("the outcome of an earlier append is unknown; open the stream again.");
        }
        else if (ServerErrors.MeaningOf(error) == ErrorMeaning.Full)
        {
            reason = new StoreFullException($"The server has no room: {ServerErrors.Explain(error)} Nothing was written.", error);
        }
        else
        {
            reason = new AppendRejectedException($"The server did not take the append: {ServerErrors.Explain(error)} Nothing was written.", error);
        }

        Settle(reason);
    }

    /// <summary>Sets the results and errors of all requests. The committer then tells the callers.</summary>
    /// <param name="undecided">The error for streams that are neither committed nor refused.</param>
    private void Settle(Exception? undecided)
    {
        long frames = 0;
        Lsn last = Lsn.Zero;
        bool areAllCommitted = true;
        foreach (StreamBatch stream in batch.Streams)
        {
            if (stream.CommittedBy is not { } tx)
            {
                areAllCommitted = false;
                continue;
            }

            stream.Settle(tx, trims);
            counters.CountStreams(stream.Grows);
            foreach (Row row in stream.Rows)
                frames += row.Records;
            last = Positions.Lsn(tx, stream.Rows[^1].Ordinal + stream.Rows[^1].Records - 1) is var lsn && lsn > last ? lsn : last;
        }

        counters.Count(frames, batch.Bytes, last);
        if (areAllCommitted)
            return;
        foreach (PostgresAppendRequest request in batch.Requests)
        {
            List<StreamBatch> parts = [.. request.Parts.Select(p => p.Stream.UnderWay!)];
            if (parts.Any(p => p.IsRefused))
                request.Fail(Refusal(parts));
            else if (parts.Any(p => p.CommittedBy is null))
                request.Fail(undecided ?? new AppendRejectedException("The append was not committed; nothing was written."));
        }
    }

    private static AppendRejectedException Refusal(List<StreamBatch> parts)
    {
        // In a group, another stream may be the one that was taken over.
        OwnedStream stream = (parts.Find(p => p.Stream.Lost is not null) ?? parts.Find(p => p.IsRefused)!).Stream;
        return stream.Lost is { } reason
            ? new FencedException(stream.Name, new Epoch(stream.Epoch), reason)
            : new AppendRejectedException($"An atomic append with stream '{stream.Name}' was not committed; nothing was written.");
    }
}
