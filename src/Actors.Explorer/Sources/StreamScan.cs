using Actors.Explorer.Stores;
using Actors.Wal;

namespace Actors.Explorer.Sources;

/// <summary>
/// A search through all streams of a log, in the background. It holds no more than <see cref="Most"/> of them, however many there are. A
/// stream that is written while the search runs may be missing.
/// </summary>
/// <param name="query">What to find; its page is not used.</param>
/// <param name="streams">The streams.</param>
/// <param name="startedAt">When it started, as a timestamp.</param>
internal sealed class StreamScan(StreamQuery query, ListedStreams streams, long startedAt)
{
    /// <summary>The most streams that a search returns.</summary>
    public const int Most = 2_000;

    private const int PageStreams = 20_000;

    private readonly Lock _gate = new();
    private readonly List<StreamRow> _newest = [];
    private readonly PriorityQueue<StreamRow, long> _longest = new();
    private volatile bool _isStopped;
    private Task? _running;
    private long _seen;
    private long _matches;
    private Exception? _failure;

    public long StartedAt => startedAt;

    public bool IsDone => _running is { IsCompleted: true };

    public void Start() => _running = Task.Run(Run);

    public void Stop() => _isStopped = true;

    /// <summary>Returns a page once it is complete, or after the patience what was found by then.</summary>
    public async ValueTask<StreamPage> PageAsync(long skip, int take, TimeSpan patience, CancellationToken cancellationToken)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (!IsDone && !(query.Order == StreamOrder.Newest && Found >= skip + take) && TimeProvider.System.GetElapsedTime(begun) < patience)
            await Task.WhenAny(_running!, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken)).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_failure is not null)
                throw new ExplorerException($"The search ended: {_failure.Message}", _failure);
            List<StreamRow> found = query.Order == StreamOrder.Newest
                ? _newest
                : [.. _longest.UnorderedItems.OrderByDescending(r => r.Priority).ThenBy(r => r.Element.Id, StringComparer.Ordinal).Select(r => r.Element)];
            IReadOnlyList<StreamRow> rows = [.. found.Skip((int)Math.Min(skip, int.MaxValue)).Take(take)];
            return new StreamPage(rows, found.Count, IsDone && _matches <= Most, NoteOf());
        }
    }

    private int Found
    {
        get
        {
            lock (_gate)
                return _newest.Count;
        }
    }

    private string? NoteOf()
    {
        if (!IsDone)
            return $"Searching: {_seen:N0} of {streams.Count:N0} streams so far.";
        if (_matches <= Most)
            return null;
        return query.Order == StreamOrder.Longest
            ? $"The {Most:N0} longest of {_matches:N0} streams. Type how the id begins to see others."
            : $"The first {Most:N0} streams found. Type more of the id to see others.";
    }

    private void Run()
    {
        try
        {
            for (long skip = 0; !_isStopped; skip += PageStreams)
            {
                IReadOnlyList<StreamInfo> page = streams.Newest(skip, PageStreams);
                lock (_gate)
                {
                    foreach (StreamInfo info in page)
                        Add(info);
                    _seen = Math.Min(streams.Count, skip + PageStreams);
                    if (skip + PageStreams >= streams.Count || (query.Order == StreamOrder.Newest && _newest.Count >= Most))
                        return;
                }
            }
        }
        catch (Exception e) when (e is LogStoreException or IOException or ObjectDisposedException)
        {
            lock (_gate)
                _failure = e;
        }
        finally
        {
            streams.Release();
        }
    }

    private void Add(StreamInfo info)
    {
        if (!info.Id.Value.StartsWith(query.Prefix, StringComparison.Ordinal))
            return;
        _matches++;
        StreamRow row = Rows.Of(info);
        if (query.Order == StreamOrder.Newest)
        {
            if (_newest.Count < Most)
                _newest.Add(row);
        }
        else if (_longest.Count < Most)
        {
            _longest.Enqueue(row, row.Events);
        }
        else
        {
            _longest.EnqueueDequeue(row, row.Events);
        }
    }
}
