using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Actors.Wal.Postgres.Upkeep;
using Npgsql;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// One batch on its way into the log, until each of its streams is decided: committed, refused because somebody else owns the
/// stream, rejected because the server can't take it, or, when an answer was lost and the server stays away, unknown.
/// </summary>
internal sealed class Commit(PostgresLogStoreOptions options, AppendStatement statement, Session session, CommitBatch batch, CommitCounters counters, TrimList trims)
{
    private const int MostConflicts = 100;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly long _begun = options.Time.GetTimestamp();
    private readonly Dictionary<long, long> _committed = [];
    private readonly HashSet<long> _refused = [];
    private readonly List<StreamBatch> _pending = [.. batch.Streams];
    private TimeSpan _pause = FirstPause;
    private int _conflicts;

    /// <summary>Whether an answer is missing: then nothing but the rows themselves tells what became of them.</summary>
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
            catch (PostgresException e)
            {
                GiveUp(e);
                return;
            }

            try
            {
                Dictionary<long, long> inserted = await statement.RunAsync(connection, _pending, CancellationToken.None).ConfigureAwait(false);
                Take(inserted);
                if (_pending.Count > 0)
                    await ExamineAsync(connection, isFinal: true).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                if (!await GoOnAsync(connection, e).ConfigureAwait(false))
                    return;
            }
        }

        Settle(null);
    }

    /// <summary>Decides what an error means, and whether to send what is pending again.</summary>
    private async Task<bool> GoOnAsync(NpgsqlConnection connection, Exception error)
    {
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

    private void Take(Dictionary<long, long> inserted)
    {
        foreach (StreamBatch stream in _pending)
        {
            if (inserted.TryGetValue(stream.Stream.Id, out long tx))
                _committed[stream.Stream.Id] = tx;
        }

        _pending.RemoveAll(s => inserted.ContainsKey(s.Stream.Id));
    }

    /// <summary>Looks what became of streams whose rows did not go in.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isFinal">Whether what is not there stays out, because the statement went through without it.</param>
    private async Task ExamineAsync(NpgsqlConnection connection, bool isFinal)
    {
        Dictionary<long, long?> found = await statement.ExamineAsync(connection, _pending, CancellationToken.None).ConfigureAwait(false);
        foreach (StreamBatch stream in _pending)
        {
            if (found.TryGetValue(stream.Stream.Id, out long? mine) && mine is { } tx)
            {
                // An answer was lost, and this is what it would have said.
                _committed[stream.Stream.Id] = tx;
            }
            else if (found.ContainsKey(stream.Stream.Id))
            {
                _refused.Add(stream.Stream.Id);
                stream.Stream.Lose("somebody else opened the stream and owns it.");
            }
            else if (isFinal && stream.Group == 0)
            {
                _refused.Add(stream.Stream.Id);
                stream.Stream.Lose("the stream's rows are not those that this owner knows.");
            }
        }

        // A group goes in as a whole or not at all.
        HashSet<int> refusedGroups = [.. _pending.Where(s => s.Group != 0 && _refused.Contains(s.Stream.Id)).Select(s => s.Group)];
        if (isFinal)
            refusedGroups.UnionWith(_pending.Where(s => s.Group != 0 && !_committed.ContainsKey(s.Stream.Id)).Select(s => s.Group));
        foreach (StreamBatch stream in _pending.Where(s => refusedGroups.Contains(s.Group)))
            _refused.Add(stream.Stream.Id);
        _pending.RemoveAll(s => _committed.ContainsKey(s.Stream.Id) || _refused.Contains(s.Stream.Id));
    }

    /// <summary>Waits before another try; false when the time is up.</summary>
    private async Task<bool> PauseAsync()
    {
        if (options.Time.GetElapsedTime(_begun) + _pause > options.Patience)
            return false;
        await Task.Delay(_pause, options.Time).ConfigureAwait(false);
        _pause = TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, LongestPause.Ticks));
        return true;
    }

    /// <summary>Decides all that is pending: nothing more is tried.</summary>
    private void GiveUp(Exception error)
    {
        Exception reason;
        if (_inDoubt)
        {
            reason = new AppendOutcomeUnknownException($"The answer of the server was lost, and asking again failed: {error.Message} The append may or may not be in the log; open the stream again to learn.", error);
            foreach (StreamBatch stream in _pending)
                stream.Stream.Lose("the outcome of an earlier append is unknown; open the stream again.");
        }
        else if (ServerErrors.MeaningOf(error) == ErrorMeaning.Full)
        {
            reason = new StoreFullException($"The server has no room: {error.Message} Nothing was written.", error);
        }
        else
        {
            reason = new AppendRejectedException($"The server did not take the append: {error.Message} Nothing was written.", error);
        }

        Settle(reason);
    }

    /// <summary>Tells all callers.</summary>
    private void Settle(Exception? pending)
    {
        long frames = 0;
        Lsn last = Lsn.Zero;
        foreach (StreamBatch stream in batch.Streams)
        {
            if (!_committed.TryGetValue(stream.Stream.Id, out long tx))
                continue;
            stream.Commit(tx, trims);
            frames += stream.Rows.Sum(r => r.Records);
            last = Positions.Lsn(tx, stream.Rows[^1].Ordinal + stream.Rows[^1].Records - 1) is var lsn && lsn > last ? lsn : last;
        }

        counters.Count(frames, batch.Bytes, last);
        foreach (AppendRequest request in batch.Requests)
        {
            if (request.Parts.All(p => _committed.ContainsKey(p.Stream.Id)))
                request.Complete();
            else if (request.Parts.FirstOrDefault(p => _refused.Contains(p.Stream.Id)) is { } refused)
                request.Fail(Refusal(request, refused));
            else
                request.Fail(pending ?? new AppendRejectedException("The append was not committed; nothing was written."));
        }
    }

    private static AppendRejectedException Refusal(AppendRequest request, AppendPart refused)
    {
        // Of a group it may be another stream that somebody else owns.
        OwnedStream stream = (request.Parts.FirstOrDefault(p => p.Stream.Lost is not null) ?? refused).Stream;
        return stream.Lost is { } reason
            ? new FencedException(stream.Name, new Epoch(stream.Epoch), reason)
            : new AppendRejectedException($"An atomic append with stream '{stream.Name}' was not committed; nothing was written.");
    }
}
