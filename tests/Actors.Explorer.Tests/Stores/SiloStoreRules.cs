using System.Text.Json;
using Actors.Bank;
using Actors.Bank.Tests;
using Actors.Explorer.Silos;
using Actors.Explorer.Stores;
using Actors.Explorer.Tests.Silos;
using Actors.Orleans;

namespace Actors.Explorer.Tests.Stores;

/// <summary>What the explorer shows of a silo's log, on any store. The accounts are those of a real bank, so that what it shows can be checked.</summary>
public abstract class SiloStoreRules : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // The longest accounts and the shortest ones.
    private readonly List<KeyValuePair<long, List<LedgerEntry>>> _accounts = Chosen();
    private BankSilo? _silo;
    private SiloStores? _stores;

    private protected BankSilo Silo => _silo!;

    private protected IExploredStore Store => _stores!.All[0];

    private KeyValuePair<long, List<LedgerEntry>> Longest => _accounts[0];

    public async ValueTask InitializeAsync()
    {
        _silo = await BankSilo.StartAsync(o =>
        {
            Use(o);
            o.CheckpointEvents = 50;
        });
        await _silo.BookAsync(_accounts);
        _stores = new SiloStores(_silo.Services, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _stores?.Dispose();
        await Silo.DisposeAsync();
        await CleanAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task The_state_at_each_event_has_the_balance_that_the_bank_published()
    {
        (long account, List<LedgerEntry> entries) = Longest;
        Assert.True(entries.Count > 80);
        string before = "0";
        for (int i = 1; i <= entries.Count; i++)
        {
            StateView view = await Store.GetStateAsync(StreamOf(account), i);
            Assert.Null(view.Note);
            Assert.Equal(decimal.Parse(before, System.Globalization.CultureInfo.InvariantCulture), BalanceOf(view.Before!));
            Assert.Equal(entries[i - 1].StatedBalance, BalanceOf(view.After!));
            Assert.Equal(nameof(EntryBooked), view.Record!.Type);
            before = entries[i - 1].StatedBalance.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task The_last_change_of_a_field_is_the_last_event_before_which_it_was_another()
    {
        (long account, List<LedgerEntry> entries) = Longest;
        for (int i = 1; i <= entries.Count; i += 37)
        {
            int expected = i;
            while (expected > 0 && entries[expected - 1].StatedBalance == (expected == 1 ? 0 : entries[expected - 2].StatedBalance))
                expected--;
            FieldChange? change = await Store.FindLastChangeAsync(StreamOf(account), "/Balance", i);
            Assert.Equal(expected, change!.Sequence);
            Assert.Equal(entries[expected - 1].StatedBalance, decimal.Parse(change.After!, System.Globalization.CultureInfo.InvariantCulture));
        }

        Assert.Null(await Store.FindLastChangeAsync(StreamOf(account), "/TransfersSent", entries.Count));
        Assert.Null(await Store.FindLastChangeAsync(StreamOf(account), "/no/such/field", entries.Count));
    }

    [Fact]
    public async Task Events_are_shown_with_the_names_of_their_fields()
    {
        (long account, List<LedgerEntry> entries) = Longest;
        IReadOnlyList<RecordRow> rows = await Store.ReadAsync(StreamOf(account), 10, 12);
        Assert.Equal([10, 11, 12], rows.Select(r => r.Sequence));
        foreach (RecordRow row in rows)
        {
            JsonElement json = JsonElement.Parse(row.Json!);
            LedgerEntry entry = entries[(int)row.Sequence - 1];
            Assert.Equal((entry.Transaction, entry.Operation, entry.Amount), (json.GetProperty("Transaction").GetInt64(), json.GetProperty("Operation").GetString(), json.GetProperty("Amount").GetDecimal()));
            Assert.NotNull(row.IdempotencyKey);
            Assert.Null(row.Error);
        }
    }

    [Fact]
    public async Task A_time_leads_to_the_last_event_that_is_not_later()
    {
        (long account, List<LedgerEntry> entries) = Longest;
        IReadOnlyList<RecordRow> rows = await Store.ReadAsync(StreamOf(account), 1, entries.Count);
        Assert.Equal(entries.Count, rows.Count);
        foreach (RecordRow row in rows.Where(r => r.Sequence % 23 == 1))
            Assert.Equal(rows.Last(r => r.Time <= row.Time).Sequence, await Store.SequenceAtAsync(StreamOf(account), row.Time));
        Assert.Equal(0, await Store.SequenceAtAsync(StreamOf(account), rows[0].Time.AddSeconds(-1)));
        Assert.Equal(entries.Count, await Store.SequenceAtAsync(StreamOf(account), rows[^1].Time.AddDays(1)));
    }

    [Fact]
    public async Task Streams_are_listed_by_their_last_writes_by_their_lengths_and_by_their_ids()
    {
        long last = _accounts[3].Key;
        await Silo.Account(last).Deposit(1, 1);
        StreamPage newest = await ListAsync(new StreamQuery("", StreamOrder.Newest, 0, 5));
        Assert.Equal(StreamOf(last), newest.Rows[0].Id);
        Assert.Equal(StreamMarks.Open, newest.Rows[0].Marks);

        StreamPage longest = await ListAsync(new StreamQuery("", StreamOrder.Longest, 0, 100));
        Assert.Equal(_accounts.Count, longest.Rows.Count);
        Assert.Equal(longest.Rows.Select(r => r.Events).OrderDescending(), longest.Rows.Select(r => r.Events));
        Assert.Equal(Longest.Value.Count, longest.Rows[0].Events);

        StreamPage found = await ListAsync(new StreamQuery(StreamOf(last), StreamOrder.Newest, 0, 5));
        Assert.Equal([StreamOf(last)], found.Rows.Select(r => r.Id));
        Assert.Empty((await ListAsync(new StreamQuery("nothing/", StreamOrder.Newest, 0, 5))).Rows);
        Assert.NotNull((await Store.FindAsync(StreamOf(last)))!.LastTime);
        Assert.Null(await Store.FindAsync("nothing/1/account"));
        Assert.Null(await Store.FindAsync("\ud800"));
    }

    [Fact]
    public async Task All_streams_can_be_paged_through()
    {
        var seen = new List<string>();
        for (int skip = 0; ; skip += 7)
        {
            StreamPage page = await ListAsync(new StreamQuery("", StreamOrder.Newest, skip, 7));
            seen.AddRange(page.Rows.Select(r => r.Id));
            Assert.Equal(_accounts.Count, page.Total);
            if (page.Rows.Count < 7)
                break;
        }

        Assert.Equal(_accounts.Select(a => StreamOf(a.Key)).Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_feed_gives_what_is_appended_and_only_what_the_filter_lets_through()
    {
        using var limit = new CancellationTokenSource(Patience);
        long account = _accounts[1].Key;
        await using IAsyncEnumerator<FeedSlice> feed = Store.FollowAsync(new FeedFilter(StreamOf(account), "deposited"), limit.Token).GetAsyncEnumerator(limit.Token);
        Assert.True(await feed.MoveNextAsync());
        await Silo.Account(account).Deposit(1, 5);
        await Silo.Account(account).Withdraw(2, 2);
        await Silo.Account(_accounts[2].Key).Deposit(3, 7);
        await Silo.Account(account).Deposit(4, 9);
        var rows = new List<RecordRow>();
        while (rows.Count < 2 && await feed.MoveNextAsync())
            rows.AddRange(feed.Current.Records);
        Assert.Equal([1L, 4L], rows.Select(r => JsonElement.Parse(r.Json!).GetProperty("Transaction").GetInt64()));
        Assert.All(rows, r => Assert.Equal((StreamOf(account), nameof(Deposited)), (r.Stream, r.Type)));
    }

    [Fact]
    public async Task A_feed_that_can_not_keep_up_gives_the_newest_and_says_that_it_left_others_out()
    {
        using var limit = new CancellationTokenSource(Patience);
        await using IAsyncEnumerator<FeedSlice> feed = Store.FollowAsync(new FeedFilter(), limit.Token).GetAsyncEnumerator(limit.Token);
        Assert.True(await feed.MoveNextAsync());
        await Task.WhenAll(Enumerable.Range(1, 1500).Select(i => Silo.Account(i % 50 + 1_000_000).Deposit(i, 1)));
        long lastLsn = (await Store.GetOverviewAsync()).LastLsn;
        long? leftOut = 0;
        long given = 0;
        while (feed.Current.LastLsn < lastLsn && await feed.MoveNextAsync())
        {
            leftOut += feed.Current.LeftOut;
            given += feed.Current.Records.Count;
        }

        Assert.NotEqual(0, leftOut);
        Assert.InRange(given, 1, 1500);
    }

    [Fact]
    public async Task The_store_is_verified_with_progress_to_a_result_without_problems()
    {
        VerifyState? last = null;
        await foreach (VerifyState state in Store.VerifyAsync(CancellationToken.None))
            last = state;
        Assert.True(last!.IsDone);
        Assert.Empty(last.Problems);
        Assert.NotNull(last.Summary);
    }

    [Fact]
    public async Task The_overview_counts_streams_and_records()
    {
        StoreOverview overview = await Store.GetOverviewAsync();
        Assert.Equal(_accounts.Count, overview.Streams);
        Assert.True(overview.Frames >= _accounts.Sum(a => a.Value.Count));
        Assert.True(overview.FileBytes > 0);
        Assert.Empty(overview.Warnings);
        Assert.Null(overview.Failure);
        Assert.True(Store.Abilities is { IsLive: true, HasTypes: true, Changes: not null });
        Assert.DoesNotContain("assword", Store.Place, StringComparison.OrdinalIgnoreCase);
    }

    protected abstract void Use(WriteAheadLogOptions options);

    protected virtual ValueTask CleanAsync() => ValueTask.CompletedTask;

    private protected static string StreamOf(long account) => $"account/{account:X}/account";

    private protected async Task<StreamPage> ListAsync(StreamQuery query)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            StreamPage page = await Store.ListAsync(query, limit.Token);
            if (page.IsWhole || page.Note?.StartsWith("Searching", StringComparison.Ordinal) != true)
                return page;
        }
    }

    private static decimal BalanceOf(string state) => JsonElement.Parse(state).GetProperty(nameof(Account.Balance)).GetDecimal();

    private static List<KeyValuePair<long, List<LedgerEntry>>> Chosen()
    {
        List<KeyValuePair<long, List<LedgerEntry>>> byLength = [.. BerkaEntries.Read().OrderByDescending(a => a.Value.Count)];
        return [.. byLength.Take(10), .. byLength.TakeLast(20)];
    }
}
