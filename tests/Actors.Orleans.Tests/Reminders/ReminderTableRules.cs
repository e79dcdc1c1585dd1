using Actors.Orleans.Hosting;
using Actors.Orleans.Reminders;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Orleans.Tests.Reminders;

/// <summary>What Orleans asks of a reminder table, and what a log adds: it survives, and several silos may write.</summary>
public abstract class ReminderTableRules(TestBackend backend) : IAsyncLifetime
{
    private static readonly DateTime Start = new(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);

    private readonly List<(LogReminderTable Table, LogStoreHost Host)> _silos = [];
    private readonly List<SharedStore> _views = [];
    private ILogStore _store = null!;

    private LogReminderTable Table => _silos[0].Table;

    public async ValueTask InitializeAsync()
    {
        _store = await backend.OpenAsync();
        await StartSiloAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_registered_reminder_is_read_as_it_was_written()
    {
        ReminderEntry entry = Entry(Grain(1), "foo/bar\\#b_a_z?");
        string eTag = (await Table.UpsertRow(entry))!;
        ReminderEntry read = (await Table.ReadRow(entry.GrainId, entry.ReminderName))!;
        Assert.Equal((entry.GrainId, entry.ReminderName, Start, TimeSpan.FromMinutes(1), eTag), (read.GrainId, read.ReminderName, read.StartAt, read.Period, read.ETag));
        Assert.Equal(DateTimeKind.Utc, read.StartAt.Kind);
        Assert.Null(await Table.ReadRow(entry.GrainId, "another"));
        Assert.Null(await Table.ReadRow(Grain(2), entry.ReminderName));
    }

    [Fact]
    public async Task Every_update_gives_another_ETag()
    {
        string?[] eTags = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Table.UpsertRow(Entry(Grain(1), "r", i))));
        Assert.Equal(20, eTags.Distinct().Count());
        ReminderEntry read = (await Table.ReadRow(Grain(1), "r"))!;
        Assert.Contains(read.ETag, eTags);
        Assert.Single((await Table.ReadRows(Grain(1))).Reminders);
    }

    [Fact]
    public async Task A_reminder_is_removed_by_its_current_ETag_alone()
    {
        string old = (await Table.UpsertRow(Entry(Grain(1), "r")))!;
        string current = (await Table.UpsertRow(Entry(Grain(1), "r", minutes: 5)))!;
        Assert.False(await Table.RemoveRow(Grain(1), "r", old));
        Assert.False(await Table.RemoveRow(Grain(1), "another", current));
        Assert.False(await Table.RemoveRow(Grain(2), "r", current));
        Assert.True(await Table.RemoveRow(Grain(1), "r", current));
        Assert.False(await Table.RemoveRow(Grain(1), "r", current));
        Assert.Empty((await Table.ReadRows(Grain(1))).Reminders);
        Assert.NotEqual(current, await Table.UpsertRow(Entry(Grain(1), "r")));
    }

    [Fact]
    public async Task A_range_of_the_ring_gives_the_reminders_of_the_grains_in_it()
    {
        const int Grains = 300;
        await Task.WhenAll(Enumerable.Range(0, Grains).Select(i => Table.UpsertRow(Entry(Grain(i), $"r{i}"))));
        uint[] hashes = [.. Enumerable.Range(0, Grains).Select(i => Grain(i).GetUniformHashCode()).Order()];
        Assert.Equal(Grains, (await Table.ReadRows(0, uint.MaxValue)).Reminders.Count);
        Assert.Equal(Grains, (await Table.ReadRows(0, 0)).Reminders.Count);
        Assert.Equal(Grains, (await Table.ReadRows(hashes[7], hashes[7])).Reminders.Count);
        var random = new Random(1);
        for (int i = 0; i < 100; i++)
        {
            // Some ends are hashes of grains: the first one is outside of the range, the last one inside.
            uint begin = i % 3 == 0 ? hashes[random.Next(Grains)] : (uint)random.NextInt64(1L << 32);
            uint end = i % 2 == 0 ? hashes[random.Next(Grains)] : (uint)random.NextInt64(1L << 32);
            IEnumerable<uint> expected = hashes.Where(h => begin < end ? h > begin && h <= end : h > begin || h <= end);
            Assert.Equal(expected, (await Table.ReadRows(begin, end)).Reminders.Select(r => r.GrainId.GetUniformHashCode()).Order());
        }
    }

    [Fact]
    public async Task Reminders_survive_a_restart_with_their_ETags()
    {
        for (int i = 0; i < 40; i++)
            await Table.UpsertRow(Entry(Grain(i % 10), $"r{i % 4}", i));
        string removed = (await Table.UpsertRow(Entry(Grain(3), "removed")))!;
        Assert.True(await Table.RemoveRow(Grain(3), "removed", removed));
        List<string> before = await AllAsync(Table);
        await RestartAsync();
        Assert.Equal(before, await AllAsync(Table));
        ReminderEntry kept = (await Table.ReadRows(Grain(3))).Reminders[0];
        Assert.True(await Table.RemoveRow(kept.GrainId, kept.ReminderName, kept.ETag!));
    }

    [Fact]
    public async Task Checkpoints_bound_what_a_start_reads()
    {
        string? last = null;
        for (int i = 0; i < 200; i++)
            last = await Table.UpsertRow(Entry(Grain(1), $"r{i % 7}", i));
        StreamInfo stream = Assert.Single(await _store.ListAsync("$reminders/", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
        Assert.NotNull(stream.Checkpoint);
        Assert.InRange(stream.Head.Value - stream.First.Value, -1, 40);
        await RestartAsync();
        Assert.Equal(7, (await Table.ReadRows(Grain(1))).Reminders.Count);
        Assert.True(await Table.RemoveRow(Grain(1), "r3", last!));
    }

    [Fact]
    public async Task Two_silos_that_write_the_same_reminders_see_each_other()
    {
        LogReminderTable other = await StartSiloAsync();
        for (int i = 0; i < 10; i++)
        {
            (LogReminderTable writer, LogReminderTable reader) = i % 2 == 0 ? (Table, other) : (other, Table);
            string eTag = (await writer.UpsertRow(Entry(Grain(1), "r", i)))!;
            Assert.Equal(eTag, (await reader.ReadRow(Grain(1), "r"))!.ETag);
            Assert.False(await reader.RemoveRow(Grain(1), "r", "0"));
            if (i % 3 == 0)
                Assert.True(await reader.RemoveRow(Grain(1), "r", eTag));
        }

        string?[] eTags = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => (i % 2 == 0 ? Table : other).UpsertRow(Entry(Grain(1), $"r{i}"))));
        Assert.Equal(60, eTags.Distinct().Count());
        Assert.Equal(await AllAsync(Table), await AllAsync(other));
        bool[] removed = await Task.WhenAll(Enumerable.Range(0, 120).Select(i => (i % 2 == 0 ? Table : other).RemoveRow(Grain(1), $"r{i / 2}", eTags[i / 2]!)));
        Assert.Equal(60, removed.Count(r => r));
        Assert.All((await Table.ReadRows(Grain(1))).Reminders, r => Assert.Equal("r", r.ReminderName));
    }

    [Fact]
    public async Task A_cleared_table_is_empty_for_all_and_goes_on()
    {
        LogReminderTable other = await StartSiloAsync();
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Table.UpsertRow(Entry(Grain(i), "r"))));
        await other.TestOnlyClearTable();
        Assert.Empty(await AllAsync(Table));
        await Table.UpsertRow(Entry(Grain(1), "r"));
        Assert.Single(await AllAsync(other));
    }

    [Fact]
    public async Task A_removal_that_is_cancelled_once_it_owns_the_stream_can_be_made_again()
    {
        string eTag = (await Table.UpsertRow(Entry(Grain(1), "r")))!;
        LogReminderTable other = await StartSiloAsync();
        using var cancelled = new CancellationTokenSource();
        _views[1].AfterOpen = cancelled.Cancel;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other.RemoveRow(Grain(1), "r", eTag, cancelled.Token));
        _views[1].AfterOpen = null;
        Assert.True(await other.RemoveRow(Grain(1), "r", eTag));
        Assert.Empty(await AllAsync(Table));
    }

    [Fact]
    public async Task A_checkpoint_of_another_silo_in_the_middle_of_a_read_hides_no_change()
    {
        await Table.UpsertRow(Entry(Grain(1), "r0"));
        LogReminderTable other = await StartSiloAsync();
        await AllAsync(other);
        for (int round = 1; round <= 5; round++)
        {
            await Table.UpsertRow(Entry(Grain(1), $"r{round}"));
            bool isBetween = false;
            _views[1].AfterFind = async () =>
            {
                for (int i = 0; !isBetween && i < 60; i++)
                    await Table.UpsertRow(Entry(Grain(1), $"r{round}.{i % 3}", i));
                isBetween = true;
            };
            ReminderTableData read = await other.ReadRows(Grain(1));
            _views[1].AfterFind = null;
            Assert.Contains(read.Reminders, row => row.ReminderName == $"r{round}");
            Assert.Equal(await AllAsync(Table), await AllAsync(other));
        }
    }

    [Fact]
    public async Task A_record_that_is_no_reminder_is_refused_with_its_place()
    {
        await Table.UpsertRow(Entry(Grain(1), "r"));
        StreamInfo stream = Assert.Single(await _store.ListAsync("$reminders/", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
        await using (ILogStream owner = await _store.OpenAsync(stream.Id, cancellationToken: TestContext.Current.CancellationToken))
            await owner.AppendAsync(new EventData("what is this"u8.ToArray()), cancellationToken: TestContext.Current.CancellationToken);
        GrainLogDecodeException error = await Assert.ThrowsAsync<GrainLogDecodeException>(() => Table.ReadRows(Grain(1)));
        Assert.Equal((stream.Id.Value, 2), (error.Stream, error.Version));
        await Assert.ThrowsAsync<GrainLogDecodeException>(() => Table.UpsertRow(Entry(Grain(1), "r")));
    }

    private static GrainId Grain(int number) => GrainId.Create("my-remindable-grain", $"{number}/foo");

    private static ReminderEntry Entry(GrainId grain, string name, int minutes = 0)
        => new() { GrainId = grain, ReminderName = name, StartAt = Start.AddMinutes(minutes), Period = TimeSpan.FromMinutes(1) };

    private static async Task<List<string>> AllAsync(LogReminderTable table)
        => [.. (await table.ReadRows(0, 0)).Reminders.Select(r => $"{r.GrainId} {r.ReminderName} {r.StartAt:O} {r.Period} {r.ETag}").Order(StringComparer.Ordinal)];

    private async Task<LogReminderTable> StartSiloAsync()
    {
        var options = new WriteAheadLogOptions { CheckpointEvents = 20 };
        var view = new SharedStore(_store);
        _views.Add(view);
        options.UseStore((_, _) => Task.FromResult<ILogStore>(view));
        var host = new LogStoreHost("wal", options, null!, TimeProvider.System, NullLogger<LogStoreHost>.Instance);
        await host.OpenAsync(TestContext.Current.CancellationToken);
        var table = new LogReminderTable(host, TimeProvider.System, NullLogger<LogReminderTable>.Instance);
        _silos.Add((table, host));
        return table;
    }

    private async Task StopAsync()
    {
        foreach ((LogReminderTable table, LogStoreHost host) in _silos)
        {
            await table.StopAsync();
            table.Dispose();
            await host.CloseAsync(CancellationToken.None);
        }

        _silos.Clear();
        _views.Clear();
        Assert.Equal(0, _store.Statistics.OpenStreams);
        await _store.DisposeAsync();
    }

    private async Task RestartAsync()
    {
        await StopAsync();
        _store = await backend.OpenAsync();
        await StartSiloAsync();
    }
}

public sealed class LocalReminderTableTests() : ReminderTableRules(new LocalBackend());

public sealed class MemoryReminderTableTests() : ReminderTableRules(new MemoryBackend());

public sealed class PostgresReminderTableTests(TestServer server) : ReminderTableRules(new PostgresBackend(server));
