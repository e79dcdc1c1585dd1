using Actors.Orleans;
using Actors.Wal;

namespace Actors.Bank;

/// <summary>Reads pages of an account's history from its log, as it is now or as it was at a point in the past.</summary>
internal sealed class StatementReader(long account, IGrainLog<Account, AccountEvent> log)
{
    public const int MaxLines = 10_000;

    /// <exception cref="AccountException">The request makes no sense, or the history that it needs was dropped.</exception>
    /// <exception cref="HistoryTruncatedException">The history that it needs was dropped.</exception>
    public async Task<StatementPage> ReadAsync(StatementRequest request)
    {
        if (request.Count is < 1 or > MaxLines || request.From < 1)
            throw new AccountException($"A statement starts at 1 or later and has 1 to {MaxLines} lines; asked for {request.Count} from {request.From ?? 1}.");
        long version = await VersionAsync(request.AsOf);
        (long first, long last) = RangeOf(request, version);
        List<StatementLine> lines = await LinesAsync(first, last);
        if (request.Order != StatementOrder.NewestFirst)
            lines.Reverse();
        return new StatementPage(version, await BalanceAsync(version), lines, NextOf(request, version, first, last, lines.Count));
    }

    public static StatementLine LineOf(LoggedEvent<AccountEvent> logged, decimal balance)
    {
        var entry = logged.Event as EntryBooked;
        return new StatementLine(
            logged.Version.Value, logged.Time, logged.Event.Transaction, logged.Event.GetType().Name, logged.Event.Change, balance, entry?.Date, entry?.Operation);
    }

    private static (long First, long Last) RangeOf(StatementRequest request, long version)
    {
        if (request.Order == StatementOrder.NewestFirst)
        {
            long newest = Math.Min(request.From ?? version, version);
            return (Math.Max(1, newest - request.Count + 1), newest);
        }

        long oldest = request.From ?? 1;
        return (oldest, oldest + Math.Min(version - oldest, request.Count - 1));
    }

    private static StatementRequest? NextOf(StatementRequest request, long version, long first, long last, int count)
    {
        long? from = request.Order == StatementOrder.NewestFirst
            ? (first > 1 && count == last - first + 1 ? first - 1 : null)
            : (last >= first && last < version ? last + 1 : null);
        return from is null ? null : request with { AsOf = new AsOfVersion(version), From = from };
    }

    /// <summary>Returns the lines of a range, newest first. Truncated events are left out.</summary>
    private async Task<List<StatementLine>> LinesAsync(long first, long last)
    {
        var lines = new List<StatementLine>();
        if (last < first)
            return lines;
        decimal balance = await BalanceAsync(last);
        await foreach (LoggedEvent<AccountEvent> logged in log.ReadAsync(new Sequence(last), new Sequence(first)))
        {
            lines.Add(LineOf(logged, balance));
            balance -= logged.Event.Change;
        }

        return lines;
    }

    private async ValueTask<decimal> BalanceAsync(long version) => (await log.StateAtAsync(new Sequence(version))).Balance;

    private async ValueTask<long> VersionAsync(AsOf? asOf) => asOf switch
    {
        null => log.Version.Value,
        AsOfVersion { Version: >= 0 } at => Math.Min(at.Version, log.Version.Value),
        AsOfTime at => await FindLastAsync(e => e.Time <= at.Time),
        AsOfDate at => await FindLastAsync(e => e.Event is EntryBooked entry ? entry.Date <= at.Date : null),
        _ => throw new AccountException($"There is no statement of account {account} as of {asOf}."),
    };

    /// <summary>
    /// Finds the last event for which <paramref name="isReached"/> is true; zero for none. Once it is false, it is false for all later
    /// events. If it is null for an event, the event before decides. This is a binary search: it reads about as many events as
    /// the history's length has binary digits, and the events with null on the way.
    /// </summary>
    private async Task<long> FindLastAsync(Func<LoggedEvent<AccountEvent>, bool?> isReached)
    {
        long found = 0;
        long low = 1;
        long high = log.Version.Value;
        while (low <= high)
        {
            long middle = low + (high - low) / 2;
            (long version, bool? reached) = await LastAnswerAsync(middle, low, isReached);
            if (reached == true)
                found = version;
            if (reached == false)
                high = version - 1;
            else
                low = middle + 1;
        }

        if (found == 0 && log.Version > Sequence.Zero && (await LastAnswerAsync(1, 1, _ => true)).Answer is null)
            throw new AccountException($"Account {account} keeps its history from a later event on; what was before is not known any more.");
        return found;
    }

    private async Task<(long Version, bool? Answer)> LastAnswerAsync(long last, long first, Func<LoggedEvent<AccountEvent>, bool?> isReached)
    {
        await foreach (LoggedEvent<AccountEvent> logged in log.ReadAsync(new Sequence(last), new Sequence(first)))
        {
            if (isReached(logged) is { } answer)
                return (logged.Version.Value, answer);
        }

        return (0, null);
    }
}
