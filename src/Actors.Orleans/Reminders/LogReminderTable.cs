using System.Globalization;
using Actors.Orleans.Hosting;
using Actors.Wal;
using Microsoft.Extensions.Logging;

namespace Actors.Orleans.Reminders;

/// <summary>
/// Orleans' reminder table in a write-ahead log. The hash of its grain decides which stream a reminder is in. A silo serves
/// ranges of hashes, so few other silos write to the same streams.
/// </summary>
internal sealed class LogReminderTable : IReminderTable, IDisposable
{
    private const int PartitionCount = 256;
    private const int PartitionShift = 24;
    private const int Readers = 4;

    private readonly ReminderPartition[] _partitions;

    public LogReminderTable(LogStoreHost host, TimeProvider time, ILogger<LogReminderTable> logger)
        => _partitions = [.. Enumerable.Range(0, PartitionCount).Select(i => new ReminderPartition(host, StreamOf(i), time, logger))];

    public Task<ReminderTableData> ReadRows(GrainId grainId) => ReadRows(grainId, CancellationToken.None);

    public async Task<ReminderTableData> ReadRows(GrainId grainId, CancellationToken cancellationToken)
        => new(await PartitionOf(grainId).ReadAsync(k => k.Grain == grainId, cancellationToken));

    public Task<ReminderTableData> ReadRows(uint begin, uint end) => ReadRows(begin, end, CancellationToken.None);

    public async Task<ReminderTableData> ReadRows(uint begin, uint end, CancellationToken cancellationToken)
    {
        var found = new List<ReminderEntry>[PartitionCount];
        var reading = new ParallelOptions { MaxDegreeOfParallelism = Readers, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, PartitionCount, reading, async (i, stop) =>
            found[i] = Overlaps((uint)i << PartitionShift, begin, end) ? await _partitions[i].ReadAsync(k => IsWithin(k.Grain.GetUniformHashCode(), begin, end), stop) : []);
        return new ReminderTableData(found.SelectMany(f => f));
    }

    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) => ReadRow(grainId, reminderName, CancellationToken.None);

    public async Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName, CancellationToken cancellationToken)
    {
        var key = new ReminderKey(grainId, reminderName);
        return (await PartitionOf(grainId).ReadAsync(k => k == key, cancellationToken)).SingleOrDefault();
    }

    public Task<string?> UpsertRow(ReminderEntry entry) => UpsertRow(entry, CancellationToken.None);

    public async Task<string?> UpsertRow(ReminderEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentException.ThrowIfNullOrEmpty(entry.ReminderName);
        return await PartitionOf(entry.GrainId).UpsertAsync(entry, cancellationToken);
    }

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) => RemoveRow(grainId, reminderName, eTag, CancellationToken.None);

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag, CancellationToken cancellationToken)
        => PartitionOf(grainId).RemoveAsync(new ReminderKey(grainId, reminderName), eTag, cancellationToken);

    public Task TestOnlyClearTable() => TestOnlyClearTable(CancellationToken.None);

    public Task TestOnlyClearTable(CancellationToken cancellationToken) => Task.WhenAll(_partitions.Select(p => p.ClearAsync(cancellationToken)));

    public Task StopAsync(CancellationToken cancellationToken = default) => Task.WhenAll(_partitions.Select(p => p.CloseAsync()));

    public void Dispose()
    {
        foreach (ReminderPartition partition in _partitions)
            partition.Dispose();
    }

    /// <summary>Whether a hash of the ring is after <c>begin</c>, up to and including <c>end</c>. If both are equal, every hash is.</summary>
    private static bool IsWithin(uint hash, uint begin, uint end)
        => begin < end ? hash > begin && hash <= end : hash > begin || hash <= end;

    /// <summary>Whether any hash of a partition is after <c>begin</c>, up to and including <c>end</c>.</summary>
    private static bool Overlaps(uint first, uint begin, uint end)
    {
        uint last = first + (uint.MaxValue >> (32 - PartitionShift));
        return begin < end ? last > begin && first <= end : last > begin || first <= end;
    }

    private static LogStreamId StreamOf(int partition) => new(string.Create(CultureInfo.InvariantCulture, $"$reminders/{partition:x2}/table"));

    private ReminderPartition PartitionOf(GrainId grain) => _partitions[grain.GetUniformHashCode() >> PartitionShift];
}
