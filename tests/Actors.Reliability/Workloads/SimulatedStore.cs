using System.Buffers.Binary;
using Actors.Reliability.Disk;
using Actors.Reliability.Model;
using Actors.Wal.Local;
using Actors.Wal.Storage;

namespace Actors.Reliability.Workloads;

/// <summary>
/// An open store on a simulated disk, driven step by step on the calling thread, with the model of its operations.
/// The same seed and the same calls give the same bytes.
/// </summary>
internal sealed class SimulatedStore
{
    private readonly Dictionary<string, ILogStream> _streams = [];
    private readonly Random _random;
    private readonly ManualTime _time;
    // Appends that were acknowledged under an interval policy, and the times by which they must be durable.
    private readonly List<(Lsn Lsn, long Due)> _due = [];
    private int _payloads;
    private Lsn _followed;
    private bool _failedBefore;

    private SimulatedStore(LocalLogStore store, LogModel model, ManualTime time, int seed)
    {
        Store = store;
        Model = model;
        _time = time;
        _random = new Random(seed);
    }

    public LocalLogStore Store { get; }

    public LogModel Model { get; }

    /// <summary>Makes backups and compares them with the model; null for a damaged store.</summary>
    public CopyCheck? Copies { get; private init; }

    /// <summary>The LSN of the last record before the batch that was committed last.</summary>
    public long BeforeLastBatch { get; private set; }

    /// <summary>Whether its owner has not closed it yet.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Whether the store has failed and accepts nothing until it is opened again.</summary>
    public bool HasFailed => Store.Parts.Queue.Failure is not null;

    /// <summary>Whether its disk was damaged on purpose.</summary>
    public bool IsDamaged { get; set; }

    /// <summary>The number of calls that were refused because of damage.</summary>
    public int RefusedForDamage { get; private set; }

    /// <summary>The first error that no call may cause, or null.</summary>
    public Exception? Unexpected { get; private set; }

    /// <summary>Opens a store for a simulation: on one thread, and with all randomness from a seed.</summary>
    public static LocalLogStore Open(LocalLogStoreOptions options, IStorage disk, int seed)
    {
        var random = new Random(seed);
        var id = new byte[16];
        random.NextBytes(id);
        return StoreOpening.Open(options, new StoreEnvironment(disk)
        {
            Threads = false,
            NewStoreId = () => new Guid(id),
            NewHashSeed = () => (ulong)random.NextInt64(),
        });
    }

    /// <summary>Opens the store, checks the recovered log, and updates the model to it.</summary>
    public static SimulatedStore Start(LocalLogStoreOptions options, SimulatedDisk disk, LogModel model, ManualTime time, int seed, SimulatedArchive? archive = null)
    {
        LocalLogStore store = Open(options with { Time = time, Archive = archive?.Of(disk) }, disk, seed);
        long last = store.Recovery.LastLsn.Value;
        ModelCheck.Same(store, ModelCheck.Prefix(model, last, model.Floor));
        model.Recovered(last);
        return new SimulatedStore(store, model, time, seed) { Copies = new CopyCheck(store, disk, model, archive, seed) };
    }

    /// <summary>Opens a damaged store without checking its content. Its calls may be refused because of damage.</summary>
    public static SimulatedStore StartDamaged(LocalLogStoreOptions options, SimulatedDisk disk, LogModel model, ManualTime time, int seed)
    {
        LocalLogStore store = Open(options with { Time = time }, disk, seed);
        model.Recovered(store.Recovery.LastLsn.Value);
        return new SimulatedStore(store, model, time, seed) { IsDamaged = true };
    }

    public ModelStream Newest(string stream) => Model.Newest.GetValueOrDefault(stream, ModelStream.Empty);

    public void Append(string stream, int events = 1, int bytes = 20, long? expected = null, SyncPolicy? sync = null)
    {
        List<ReadOnlyMemory<byte>> payloads = [.. Enumerable.Range(0, events).Select(_ => Payload(bytes))];
        With(stream, sync, handle => Submit(
            new ModelOperation(OperationKind.Append, [new ModelPart(stream, payloads)], 0, IsSynced(sync)) { FlushWithin = FlushWithin(sync) },
            events == 1
                ? handle.AppendAsync(DataOf(payloads[0]), SequenceOf(expected))
                : handle.AppendAsync([.. payloads.Select(DataOf)], SequenceOf(expected))));
    }

    public void AppendState(string stream, int bytes = 40, SyncPolicy? sync = null)
    {
        ReadOnlyMemory<byte> payload = Payload(bytes);
        With(stream, sync, handle => Submit(
            new ModelOperation(OperationKind.State, [new ModelPart(stream, [payload])], 0, IsSynced(sync)) { Retention = Store.Options.Retention, Time = _time.GetUtcNow() },
            handle.AppendStateAsync(DataOf(payload))));
    }

    public void Checkpoint(string stream, long? at = null, int bytes = 40, SyncPolicy? sync = null)
        => With(stream, sync, handle =>
        {
            ModelStream newest = Newest(stream);
            long sequence = Math.Min(at ?? newest.Head, newest.Head);
            ReadOnlyMemory<byte> payload = newest.CheckpointAt(sequence, bytes);
            Submit(
                new ModelOperation(OperationKind.Checkpoint, [new ModelPart(stream, [payload])], sequence, IsSynced(sync)) { Retention = Store.Options.Retention, Time = _time.GetUtcNow() },
                handle.CheckpointAsync(new Sequence(sequence), DataOf(payload)));
        });

    public void Truncate(string stream, long before)
        => With(stream, null, handle => Submit(
            new ModelOperation(OperationKind.Truncation, [new ModelPart(stream, [])], before, true),
            handle.TruncateAsync(new Sequence(before))));

    public void Delete(string stream)
        => With(stream, null, handle =>
        {
            _streams.Remove(stream);
            Submit(
                new ModelOperation(OperationKind.Deletion, [new ModelPart(stream, [])], 0, true),
                handle.DeleteAsync());
        });

    public void AppendAtomic(IReadOnlyList<string> streams, int events = 1, int bytes = 20)
    {
        var parts = streams.Select(s => new ModelPart(s, [.. Enumerable.Range(0, events).Select(_ => Payload(bytes))])).ToList();
        var appends = new List<StreamAppend>();
        foreach (ModelPart part in parts)
            With(part.Stream, null, handle => appends.Add(new StreamAppend(handle, [.. part.Payloads.Select(DataOf)])));
        if (appends.Count == parts.Count)
            Submit(new ModelOperation(OperationKind.Atomic, parts, 0, appends.Exists(a => ((Wal.Local.LocalStream)a.Stream).Sync == SyncPolicy.Always)), Store.AppendAtomicAsync(appends));
    }

    /// <summary>Opens a stream that is open. The former owner's appends must be refused from then on.</summary>
    public void TakeOver(string stream)
        => With(stream, null, stale =>
        {
            _streams.Remove(stream);
            With(stream, null, _ =>
            {
                ValueTask<AppendResult> late = stale.AppendAsync(DataOf(Payload(8)));
                if (!late.IsFaulted || (!HasFailed && late.AsTask().Exception!.InnerException is not FencedException))
                    Unexpected ??= new InvariantException($"An append by the former owner of stream '{stream}' was not refused.");
            });
        });

    /// <summary>Requests a flush of the acknowledged operations.</summary>
    public void Flush()
    {
        ModelOperation? last = Model.LastAcknowledged;
        Watch(Store.FlushAsync());

        async void Watch(ValueTask flush)
        {
            try
            {
                await flush;
                if (last is not null)
                    Model.Flushed(last);
            }
            catch (LogStoreException)
            {
                // A failed flush promises nothing.
            }
        }
    }

    /// <summary>Reads the change feed from the end of the last call up to its end. No crash may remove the records that it gave.</summary>
    public void Follow()
    {
        using var stop = new CancellationTokenSource();
        IAsyncEnumerator<LogRecord> feed = Store.SubscribeAsync(_followed.Next, stop.Token).GetAsyncEnumerator(stop.Token);
        ValueTask<bool> more = feed.MoveNextAsync();
        try
        {
            for (; more.IsCompleted && Ready.Get(more); more = feed.MoveNextAsync())
            {
                if (feed.Current.Lsn <= _followed)
                    Unexpected ??= new InvariantException($"The change feed gives LSN {feed.Current.Lsn} after {_followed}.");
                _followed = feed.Current.Lsn;
                Model.Followed(_followed.Value);
            }
        }
        catch (LogUnreadableException)
        {
            // The fault was injected into the disk on purpose.
            return;
        }

        stop.Cancel();
        more.AsTask().ContinueWith(_ => feed.DisposeAsync().AsTask(), TaskScheduler.Default).Unwrap().Wait();
    }

    /// <summary>Makes a backup, restores it to some record, and compares both with the model.</summary>
    public void Backup()
    {
        if (HasFailed)
            return;
        try
        {
            Copies!.Run();
        }
        catch (Exception e) when (e is InvariantException or LogCorruptException)
        {
            Unexpected ??= e;
        }
        catch (IOException)
        {
            // The fault was injected into the disk on purpose.
        }
    }

    /// <summary>Commits once, and once more if appends wait for a segment.</summary>
    public void Commit()
    {
        CommitOnce();
        if (Store.Parts.Queue.WaitingCount > 0)
        {
            Do(() => Store.Parts.Supply.Step());
            CommitOnce();
        }
    }

    /// <summary>Commits once. Appends that wait for a segment continue to wait.</summary>
    public bool CommitOnce()
    {
        long before = Store.Parts.Publication.Published.Value;
        bool committed = Store.Parts.Committer.Step();
        if (Store.Parts.Publication.Published.Value > before)
            BeforeLastBatch = before;
        RequireIntervals();
        return committed;
    }

    /// <summary>Prepares and finishes segments, saves the index, and compacts.</summary>
    public void Prepare() => Do(() =>
    {
        Store.Parts.Supply.Step();
        Store.Parts.Archiver.Step();
        Store.Parts.Saver.Step();
        Store.Parts.Compactor.Step();
        if (!IsDamaged && Store.Parts.Compactor.Counters.LastFailure is LogCorruptException damaged)
            Unexpected ??= damaged;
        if (Store.Parts.Archiver.Failure is { } archive)
            Unexpected ??= archive;
    });

    public void Advance(TimeSpan time) => _time.Advance(time);

    /// <summary>Commits until nothing is left to do, or no progress is possible.</summary>
    public void Settle()
    {
        do
        {
            Prepare();
        }
        while (CommitOnce());
    }

    /// <summary>Closes the store as its owner does.</summary>
    public void Close()
    {
        Settle();
        IsOpen = false;
        Store.Parts.Queue.Close();
        try
        {
            Store.Parts.Close();
        }
        catch (IOException)
        {
            // The last flush failed. Records that it should have made durable were not acknowledged as durable.
        }

        Store.Parts.Publication.Close();
        Store.Parts.DirectoryLock.Dispose();
    }

    /// <summary>Does the work of a thread of the store. An error of the disk makes the store fail.</summary>
    private void Do(Action work)
    {
        try
        {
            work();
        }
        catch (IOException e)
        {
            Store.Parts.Committer.Fail(null, e);
        }
    }

    /// <summary>Runs an action on an open stream, unless the store has failed or the stream is damaged.</summary>
    private void With(string stream, SyncPolicy? sync, Action<ILogStream> action)
    {
        ILogStream handle;
        try
        {
            handle = Handle(stream, sync);
        }
        catch (LogStoreException) when (HasFailed)
        {
            return;
        }
        catch (LogCorruptException) when (IsDamaged)
        {
            RefusedForDamage++;
            return;
        }

        action(handle);
    }

    private ILogStream Handle(string stream, SyncPolicy? sync)
    {
        if (_streams.TryGetValue(stream, out ILogStream? open) && (sync is null || ((Wal.Local.LocalStream)open).Sync == sync))
            return open;
        ValueTask<ILogStream> opening = Store.OpenAsync(new LogStreamId(stream), sync is { } policy ? new StreamOptions { Sync = policy } : null);
        while (!opening.IsCompleted)
        {
            Prepare();
            Commit();
        }

        return _streams[stream] = opening.GetAwaiter().GetResult();
    }

    private TimeSpan? FlushWithin(SyncPolicy? sync)
        => (sync ?? Store.Options.Sync) is { Mode: SyncMode.Interval } policy ? policy.Interval : null;

    /// <summary>Checks that all records whose interval is over are durable.</summary>
    private void RequireIntervals()
    {
        Lsn durable = Store.Parts.Publication.End.Durable;
        _due.RemoveAll(d => d.Lsn <= durable);
        if (!HasFailed && _due.FindIndex(d => d.Due <= _time.GetTimestamp()) is >= 0 and var late)
            Unexpected ??= new InvariantException($"LSN {_due[late].Lsn} was to be durable by now, by its interval; {durable} is.");
    }

    private bool IsSynced(SyncPolicy? sync) => (sync ?? Store.Options.Sync).Mode == SyncMode.Always;

    private async void Submit<T>(ModelOperation operation, ValueTask<T> call)
    {
        Model.Submit(operation);
        await WatchAsync(operation, call.AsTask());
    }

    private async void Submit(ModelOperation operation, ValueTask call)
    {
        Model.Submit(operation);
        await WatchAsync(operation, call.AsTask());
    }

    private async Task WatchAsync(ModelOperation operation, Task call)
    {
        bool atOnce = call.IsCompleted;
        try
        {
            await call;
            if (HasFailed && _failedBefore && operation.Kind != OperationKind.Truncation)
                Unexpected ??= new InvariantException($"After the store had failed, {operation} was acknowledged.");
            Model.Answer(operation, OperationOutcome.Acknowledged, promises: !atOnce);
            if (operation.FlushWithin is { } interval)
                _due.Add((Store.Parts.Publication.Published, _time.GetTimestamp() + (long)(interval.TotalSeconds * _time.TimestampFrequency)));
        }
        catch (AppendRejectedException)
        {
            Model.Answer(operation, OperationOutcome.Rejected);
        }
        catch (LogCorruptException) when (IsDamaged)
        {
            // The call must read damaged data first, so it has written nothing.
            RefusedForDamage++;
            Model.Answer(operation, OperationOutcome.Rejected);
        }
        catch (AppendOutcomeUnknownException)
        {
            _failedBefore = true;
            Model.Answer(operation, OperationOutcome.Unknown);
        }
        catch (Exception e)
        {
            Unexpected ??= e;
        }
    }

    private ReadOnlyMemory<byte> Payload(int bytes)
    {
        var payload = new byte[Math.Max(bytes, sizeof(int))];
        _random.NextBytes(payload);
        BinaryPrimitives.WriteInt32LittleEndian(payload, ++_payloads);
        return payload;
    }

    private static EventData DataOf(ReadOnlyMemory<byte> payload) => new(payload, 1);

    private static Sequence? SequenceOf(long? value) => value is { } v ? new Sequence(v) : null;
}
