using System.Text;
using Actors.Wal.Backup;
using Actors.Wal.Local;

namespace Actors.Wal.Tests.Backup;

/// <summary>The ledger of a real bank, copied while it is written and brought back: what the bank published is what comes back.</summary>
public sealed class BackupDrillTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestDirectory _backups = new();
    private readonly ManualTime _time = new();

    private LocalLogStoreOptions Options => _directory.Options with { IndexSnapshotBytes = 512 * 1024, Time = _time };

    public void Dispose()
    {
        _directory.Dispose();
        _backups.Dispose();
    }

    [Fact]
    public async Task A_backup_taken_while_accounts_are_written_has_all_that_was_acknowledged_before()
    {
        IReadOnlyList<BerkaStreams.Row> rows = BerkaStreams.Read();
        await using LocalLogStore store = await LocalLogStore.OpenAsync(Options, TestContext.Current.CancellationToken);
        int half = rows.Count / 2;
        await WriteAsync(store, rows.Take(half));
        Lsn before = store.Statistics.Published;
        Task writing = Task.Run(() => WriteAsync(store, rows.Skip(half)), TestContext.Current.CancellationToken);
        BackupReport first = await store.BackupAsync(In("first"), cancellationToken: TestContext.Current.CancellationToken);
        await writing;
        Assert.InRange(first.LastLsn.Value, before.Value, rows.Count);
        Assert.Equal(BerkaStreams.Balances(rows.Take((int)first.LastLsn.Value)), await BalancesOfCopyAsync("first", rows));

        // The next one copies only what is new.
        BackupReport second = await store.BackupAsync(In("second"), new BackupOptions { Previous = In("first") }, TestContext.Current.CancellationToken);
        Assert.Equal(rows.Count, second.LastLsn.Value);
        Assert.InRange(second.Linked, first.Segments - 1, second.Segments - 1);
        Assert.InRange(second.CopiedBytes, 1, store.Statistics.LogBytes / 2 * 3 / 2);
        Assert.Equal(BerkaStreams.Balances(rows), await BalancesOfCopyAsync("second", rows));
    }

    [Fact]
    public async Task A_store_is_restored_to_any_record_and_to_any_time()
    {
        IReadOnlyList<BerkaStreams.Row> rows = BerkaStreams.Read();
        var times = new List<(DateTimeOffset Time, int Rows)>();
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(Options with { Sync = SyncPolicy.Never }, TestContext.Current.CancellationToken))
        {
            for (int written = 0; written < rows.Count; written += 4000)
            {
                _time.Advance(TimeSpan.FromDays(30));
                await WriteAsync(store, rows.Skip(written).Take(4000));
                times.Add((_time.GetUtcNow(), Math.Min(rows.Count, written + 4000)));
            }

            await store.BackupAsync(In("backup"), cancellationToken: TestContext.Current.CancellationToken);
        }

        foreach (int count in new[] { 100, 999, 12_345, rows.Count - 1, rows.Count })
        {
            BackupReport restored = await LogStoreBackup.RestoreAsync(In("backup"), In($"to {count}"), new RestoreOptions { ToLsn = new Lsn(count) }, TestContext.Current.CancellationToken);
            // At the boundary of a batch, which has a hundred records here.
            Assert.InRange(restored.LastLsn.Value, Math.Min(count, rows.Count) - 99, count);
            Assert.Equal(BerkaStreams.Balances(rows.Take((int)restored.LastLsn.Value)), await BalancesOfCopyAsync($"to {count}", rows));
        }

        foreach ((DateTimeOffset time, int count) in times)
        {
            string name = $"until {count}";
            BackupReport restored = await LogStoreBackup.RestoreAsync(In("backup"), In(name), new RestoreOptions { ToTime = time.AddDays(15) }, TestContext.Current.CancellationToken);
            Assert.Equal(count, restored.LastLsn.Value);
            Assert.Equal(BerkaStreams.Balances(rows.Take(count)), await BalancesOfCopyAsync(name, rows));
        }

        ArgumentException tooFar = await Assert.ThrowsAsync<ArgumentException>(() => LogStoreBackup.RestoreAsync(In("backup"), In("behind"), new RestoreOptions { ToLsn = new Lsn(rows.Count + 5) }, TestContext.Current.CancellationToken));
        Assert.Contains($"The backup ends at LSN {rows.Count}, before LSN {rows.Count + 5}", tooFar.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("behind")));
        ArgumentException tooEarly = await Assert.ThrowsAsync<ArgumentException>(() => LogStoreBackup.RestoreAsync(In("backup"), In("before"), new RestoreOptions { ToTime = times[0].Time.AddDays(-60) }, TestContext.Current.CancellationToken));
        Assert.Contains("There is nothing to restore at", tooEarly.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("before")));
    }

    private async Task<Dictionary<string, string>> BalancesOfCopyAsync(string name, IReadOnlyList<BerkaStreams.Row> rows)
    {
        await using LocalLogStore copy = await LocalLogStore.OpenAsync(Options with { Directory = In(name), VerifyOnOpen = true }, TestContext.Current.CancellationToken);
        Assert.True(copy.Recovery.CleanClose);
        return await BerkaStreams.BalancesAsync(copy, rows);
    }

    private static async Task WriteAsync(LocalLogStore store, IEnumerable<BerkaStreams.Row> rows)
    {
        var streams = new Dictionary<LogStreamId, ILogStream>();
        var appends = new List<Task>();
        foreach (BerkaStreams.Row row in rows)
        {
            if (!streams.TryGetValue(row.Stream, out ILogStream? stream))
                streams[row.Stream] = stream = await store.OpenAsync(row.Stream);
            appends.Add(stream.AppendAsync(new EventData(Encoding.UTF8.GetBytes(row.Line))).AsTask());
            // One by one to the log, so that a record's number is its line's.
            if (appends.Count == 100)
            {
                await Task.WhenAll(appends);
                appends.Clear();
            }
        }

        await Task.WhenAll(appends);
        foreach (ILogStream stream in streams.Values)
            await stream.DisposeAsync();
    }

    private string In(string name) => Path.Combine(_backups.Path, name);
}
