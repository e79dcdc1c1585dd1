using System.Globalization;
using System.Text;
using Actors.Wal.Salvage;

namespace Actors.Wal.Tests.Salvage;

/// <summary>A real bank's ledger in a store that is damaged: what the report calls complete has the balances that the bank published.</summary>
public sealed class BerkaTests : IDisposable
{
    private readonly DamagedStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Every_account_has_its_published_balance_or_is_named()
    {
        FileInfo file = Berka.File;
        Dictionary<string, List<string>> accounts = await WriteAsync(file);
        Assert.Equal(23_877, accounts.Values.Sum(a => a.Count));

        string[] segments = _store.Files("segments", "*.wal");
        byte[] sealedSegment = await File.ReadAllBytesAsync(_store.FullPath(segments[1]), TestContext.Current.CancellationToken);
        _store.Destroy(segments[1], sealedSegment.AsSpan().LastIndexOf("ACTWALFT"u8), 64);
        _store.Destroy("MANIFEST", 8, 40);
        _store.Destroy(_store.Files("index", "*.idx")[^1], 0, 1000);
        SalvageReport report = await _store.SalvageAsync();
        Assert.True(report.IsComplete);
        Assert.Equal(2, report.Damage.Count);
        Assert.Equal(accounts.Count, Check(accounts, report));

        // A sealed segment: a few sectors first, then more and more of it, in places further apart.
        var random = new Random(7);
        for (int round = 0; round < 4; round++)
        {
            string segment = segments[2 + round];
            for (int hole = 0; hole <= round; hole++)
                _store.Destroy(segment, random.Next(1000, (int)new FileInfo(_store.FullPath(segment)).Length - 10_000), 1500 << round);
            report = await _store.SalvageAsync();
            Assert.False(report.IsComplete);
            int complete = Check(accounts, report);
            Assert.InRange(complete, accounts.Count / 2, accounts.Count - 1);
        }
    }

    /// <summary>Compares every account; returns how many have their published balance.</summary>
    private int Check(Dictionary<string, List<string>> accounts, SalvageReport report)
    {
        var named = report.Streams.ToDictionary(s => s.Stream.Value);
        int complete = 0;
        foreach ((string account, List<string> entries) in accounts)
        {
            StreamLoss? loss = named.GetValueOrDefault(account);
            string[] kept = _store.After.TryGetValue(account, out StreamDump? dump) ? Entries(dump) : [];
            Assert.Equal(entries.Take(kept.Length), kept);
            if (loss is null || loss.Outcome == StreamOutcome.Complete)
                Assert.Equal(entries.Count, kept.Length);
            if (kept.Length == entries.Count)
                complete++;
        }

        return complete;
    }

    private async Task<Dictionary<string, List<string>>> WriteAsync(FileInfo ledger)
    {
        Dictionary<string, List<string>> accounts = [];
        await _store.WriteAsync(async stepped =>
        {
            Dictionary<string, ILogStream> streams = [];
            List<ValueTask<AppendResult>> calls = [];
            foreach (string line in File.ReadLines(ledger.FullName).Skip(1))
            {
                string[] fields = line.Split(',');
                string account = $"account/{fields[1]}";
                if (!streams.TryGetValue(account, out ILogStream? stream))
                    streams[account] = stream = await stepped.Store.OpenAsync(new LogStreamId(account));
                decimal amount = decimal.Parse(fields[5], CultureInfo.InvariantCulture);
                string entry = string.Create(CultureInfo.InvariantCulture, $"{(fields[3] == "credit" ? amount : -amount)} {fields[6]}");
                if (!accounts.TryGetValue(account, out List<string>? entries))
                    accounts[account] = entries = [];
                entries.Add(entry);
                calls.Add(stream.AppendAsync(Payloads.Of(entry)));
                if (calls.Count == 10)
                    await CommitAsync(stepped, calls);
            }

            await CommitAsync(stepped, calls);
            stepped.Store.Parts.Saver.Step();
        });
        return accounts;
    }

    private async Task CommitAsync(SteppedStore stepped, List<ValueTask<AppendResult>> calls)
    {
        stepped.StepAll();
        foreach (ValueTask<AppendResult> call in calls)
            await call;
        calls.Clear();
        _store.Time.Advance(TimeSpan.FromMilliseconds(10));
    }

    private static string[] Entries(StreamDump dump)
        => dump.Events.Length == 0 ? [] : [.. dump.Events.Split('\n').Select(e => Encoding.UTF8.GetString(Convert.FromHexString(e[(e.LastIndexOf(' ') + 1)..])))];
}
