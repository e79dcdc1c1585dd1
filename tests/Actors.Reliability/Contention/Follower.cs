using System.Globalization;
using System.Text;
using Actors.Wal.Postgres;
using Npgsql;

namespace Actors.Reliability.Contention;

/// <summary>
/// Follows the change feed during faults. It keeps only the LSN of the last record, and continues there after the feed ends,
/// after it stops in the middle of the feed, and after it opens a new store. It must get every record once, in order.
/// </summary>
internal sealed class Follower(string connection, string name, int seed, ContentionLedger ledger) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Random _random = new(seed);
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, Dictionary<long, string>> _given = [];
    private readonly Dictionary<string, long> _last = [];
    private Task _following = Task.CompletedTask;
    private Lsn _position;

    /// <summary>The number of records that it got.</summary>
    public long Given { get; private set; }

    /// <summary>The number of subscriptions from its position.</summary>
    public long Resumed { get; private set; }

    public void Start() => _following = Task.Run(FollowAsync);

    /// <summary>Waits until it has the last event of every stream, and compares the received events with the log.</summary>
    public async Task CheckAsync(ILogReader reader)
    {
        // Appends that a killed process had sent may still arrive later, so the streams are listed once.
        List<StreamInfo> streams = await reader.ListAsync().ToListAsync();
        using var patience = new CancellationTokenSource(Patience);
        foreach (StreamInfo stream in streams)
        {
            while (LastOf(stream.Id.Value) < stream.Head.Value && !_following.IsCompleted && !patience.IsCancellationRequested)
                await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }

        await _stop.CancelAsync();
        await _following;
        foreach (StreamInfo stream in streams)
        {
            Dictionary<long, string> given = _given.GetValueOrDefault(stream.Id.Value) ?? [];
            await foreach (LogRecord record in reader.ReadAsync(stream.Id, stream.First, stream.Head))
            {
                string id = Encoding.UTF8.GetString(record.Payload.Span);
                if (!given.TryGetValue(record.Sequence.Value, out string? said))
                    ledger.Break($"{name} was not given event {record.Sequence} of stream {stream.Id}, {id}, at LSN {record.Lsn}; it is at {_position}.");
                else if (said != id)
                    ledger.Break($"{name} was given {said} as event {record.Sequence} of stream {stream.Id}, which is {id}.");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following;
        _stop.Dispose();
    }

    private long LastOf(string stream)
    {
        lock (_last)
            return _last.GetValueOrDefault(stream);
    }

    private async Task FollowAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var source = NpgsqlDataSource.Create(connection);
                await using PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source }, _stop.Token);
                for (int subscriptions = _random.Next(1, 5); subscriptions > 0; subscriptions--)
                    await FollowAsync(store, _random.Next(1, 2000));
            }
            catch (Exception e) when (e is LogStoreException or OperationCanceledException)
            {
                // The follower continues from its position.
            }
            catch (Exception e)
            {
                ledger.Break($"{name} ended: {e}");
                return;
            }
        }
    }

    private async Task FollowAsync(PostgresLogStore store, int most)
    {
        Resumed++;
        await foreach (LogRecord record in store.SubscribeAsync(_position.Next, _stop.Token))
        {
            if (record.Lsn <= _position)
                ledger.Break($"{name} was given LSN {record.Lsn} after {_position}.");
            _position = record.Lsn;
            Given++;
            Take(record);
            if (--most == 0)
                return;
        }
    }

    private void Take(in LogRecord record)
    {
        if (record.Kind is not (LogRecordKind.Event or LogRecordKind.State))
            return;
        (string stream, long sequence) = (record.Stream.Value, record.Sequence.Value);
        if (!_given.TryGetValue(stream, out Dictionary<long, string>? events))
            _given.Add(stream, events = []);
        string id = Encoding.UTF8.GetString(record.Payload.Span);
        if (!events.TryAdd(sequence, id))
            ledger.Break(string.Create(CultureInfo.InvariantCulture, $"{name} was given event {sequence} of stream {stream} twice: {events[sequence]} and {id}."));
        if (sequence <= LastOf(stream))
            ledger.Break(string.Create(CultureInfo.InvariantCulture, $"{name} was given event {sequence} of stream {stream} after {LastOf(stream)}."));
        lock (_last)
            _last[stream] = sequence;
    }
}
