using Actors.Wal;

namespace Actors.Orleans.Streams;

/// <summary>
/// Keeps streams open. Orleans does not tell when a stream is no longer needed, so the least recently used ones are
/// closed when there are too many.
/// </summary>
/// <param name="open">Opens a stream and reads from it what is needed.</param>
/// <param name="most">How many streams stay open.</param>
internal class OpenStreams<T>(Func<LogStreamId, Task<T>> open, int most)
    where T : OpenStream
{
    private readonly Lock _gate = new();
    private readonly Dictionary<LogStreamId, Task<T>> _open = [];
    private long _tick;

    /// <summary>Returns the stream, and opens it if it is not open. Call <see cref="OpenStream.Release"/> after use.</summary>
    public ValueTask<T> UseAsync(LogStreamId id) => UseAsync(id, isCurrent: false);

    /// <summary>Returns the stream after its ownership was confirmed. Opens it again if another silo has taken it over.</summary>
    public ValueTask<T> UseCurrentAsync(LogStreamId id) => UseAsync(id, isCurrent: true);

    /// <summary>Returns the stream if it is open, even if another owner has taken it over; null when it is not open.</summary>
    public async ValueTask<T?> TryUseAsync(LogStreamId id)
    {
        Task<T>? opening;
        long tick;
        lock (_gate)
        {
            tick = ++_tick;
            if (!_open.TryGetValue(id, out opening))
                return null;
            if (opening.IsCompletedSuccessfully)
            {
                opening.Result.Use(tick);
                return opening.Result;
            }
        }

        T stream = await opening.ConfigureAwait(false);
        stream.Use(tick);
        return stream;
    }

    /// <summary>Closes a stream that was deleted.</summary>
    public async ValueTask ForgetAsync(ILogStream stream)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(stream.Id, out Task<T>? current) && current.IsCompletedSuccessfully && ReferenceEquals(current.Result.Stream, stream))
                _open.Remove(stream.Id);
        }

        await stream.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<T> UseAsync(LogStreamId id, bool isCurrent)
    {
        while (true)
        {
            Task<T> opening;
            long tick;
            bool isNew = false;
            lock (_gate)
            {
                tick = ++_tick;
                if (!_open.TryGetValue(id, out opening!))
                {
                    opening = open(id);
                    _open.Add(id, opening);
                    isNew = true;
                }
            }

            T stream;
            try
            {
                stream = await opening.ConfigureAwait(false);
            }
            catch
            {
                Remove(id, opening);
                throw;
            }

            stream.Use(tick);
            bool isUsable = false;
            try
            {
                isUsable = stream.Stream.IsOwner && (!isCurrent || isNew || await stream.Stream.ConfirmOwnershipAsync().ConfigureAwait(false));
            }
            finally
            {
                if (!isUsable)
                    stream.Release();
            }

            if (isUsable)
            {
                await TrimAsync().ConfigureAwait(false);
                return stream;
            }

            // A trim has closed the stream, or another silo has taken it over: open it again.
            if (Remove(id, opening))
                await stream.Stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private bool Remove(LogStreamId id, Task<T> opening)
    {
        lock (_gate)
            return _open.TryGetValue(id, out Task<T>? current) && ReferenceEquals(current, opening) && _open.Remove(id);
    }

    private async ValueTask TrimAsync()
    {
        List<T>? closed = null;
        lock (_gate)
        {
            if (_open.Count <= most)
                return;

            // Closes at least an eighth at a time, so that one sort serves many openings.
            closed = [.. _open.Values
                .Where(t => t.IsCompletedSuccessfully && !t.Result.IsUsed)
                .Select(t => t.Result)
                .OrderBy(s => s.LastUse)
                .Take(Math.Max(Math.Max(1, most / 8), _open.Count - most))];
            foreach (T stream in closed)
                _open.Remove(stream.Stream.Id);
        }

        foreach (T stream in closed)
            await stream.Stream.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>A stream that is kept open, and the number of its current uses.</summary>
internal class OpenStream(ILogStream stream)
{
    private int _uses;
    private long _lastUse;

    public ILogStream Stream { get; } = stream;

    public long LastUse => Volatile.Read(ref _lastUse);

    public bool IsUsed => Volatile.Read(ref _uses) > 0;

    public void Use(long tick)
    {
        Interlocked.Increment(ref _uses);
        Volatile.Write(ref _lastUse, tick);
    }

    public void Release() => Interlocked.Decrement(ref _uses);
}
