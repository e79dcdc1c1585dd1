using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Actors.Orleans.Codecs;
using Actors.Wal;

namespace Actors.Orleans.GrainLogs;

/// <summary>
/// One append of a grain: the events on their way into the log, and the awaitable that the grain's code holds. The
/// acknowledgement resumes it once, in a turn of the grain; there the events are applied, and the code that awaits goes
/// on in the same turn. Reused by its grain log when the result has been read.
/// </summary>
internal sealed class GrainAppend<TEvent> : IValueTaskSource<Sequence>
{
    private readonly Action<GrainAppend<TEvent>> _acknowledged;
    private readonly Action<GrainAppend<TEvent>> _free;
    private readonly Action _resume;
    private ManualResetValueTaskSourceCore<Sequence> _core;

    // Nearly always one event. It has its place in here, not in lists of its own: what an append of many grains reads was
    // pushed out of the processor's caches while it waited.
    private TEvent? _change;
    private PayloadWriter? _payload;
    private List<TEvent>? _moreChanges;
    private List<PayloadWriter>? _morePayloads;
    private ValueTaskAwaiter<AppendResult> _answer;
    private TaskScheduler? _turns;

    public GrainAppend(Action<GrainAppend<TEvent>> acknowledged, Action<GrainAppend<TEvent>> free)
    {
        _acknowledged = acknowledged;
        _free = free;
        _resume = Resume;
    }

    /// <summary>The place among the grain's appends.</summary>
    public long Ticket { get; private set; }

    /// <summary>How many events.</summary>
    public int Count { get; private set; }

    /// <summary>The size of all events, encoded.</summary>
    public int Bytes { get; private set; }

    /// <summary>Where the log put the events; known once acknowledged.</summary>
    public AppendResult Result { get; private set; }

    public ValueTask<Sequence> Task => new(this, _core.Version);

    /// <summary>The idempotency key, or null without one; the last event carries it.</summary>
    public string? Key { get; set; }

    /// <summary>An event, by its place from 0.</summary>
    public TEvent ChangeAt(int index) => index == 0 ? _change! : _moreChanges![index - 1];

    /// <summary>Encodes events. Should one fail, nothing is appended.</summary>
    public void Add(IReadOnlyList<TEvent> changes, PayloadCodec<TEvent> codec)
    {
        for (int i = 0; i < changes.Count; i++)
        {
            if (Key is { } key && i == changes.Count - 1)
                Add(changes[i], codec.Encode(changes[i], target => KeyedPayload.Write(target, key)), codec);
            else
                Add(changes[i], codec);
        }
    }

    /// <summary>Encodes an event.</summary>
    public void Add(TEvent change, PayloadCodec<TEvent> codec) => Add(change, codec.Encode(change), codec);

    private void Add(TEvent change, PayloadWriter payload, PayloadCodec<TEvent> codec)
    {
        change = codec.AsWritten(change, payload);
        if (Count++ == 0)
        {
            _change = change;
            _payload = payload;
        }
        else
        {
            (_moreChanges ??= []).Add(change);
            (_morePayloads ??= []).Add(payload);
        }

        Bytes += payload.Written.Length;
    }

    /// <summary>Hands the events to the log. Called in a turn of the grain.</summary>
    public void Start(ILogStream stream, byte codec, Sequence? expected, long ticket)
    {
        Ticket = ticket;
        _turns = TaskScheduler.Current;
        Expect(Submit(stream, codec, expected));
    }

    /// <summary>What the log said; read once.</summary>
    /// <exception cref="AppendRejectedException">Nothing was written.</exception>
    /// <exception cref="AppendOutcomeUnknownException">It is not known whether it was.</exception>
    public void ReadResult()
    {
        try
        {
            Result = _answer.GetResult();
        }
        finally
        {
            _answer = default;
            ReturnPayloads();
        }
    }

    /// <summary>Lets the code that awaits go on, at once and in this turn.</summary>
    public void Complete() => _core.SetResult(Result.Last);

    public void Fail(Exception error) => _core.SetException(error);

    /// <summary>Gives back what it holds, before it was started or after its result was read.</summary>
    public void Reset()
    {
        ReturnPayloads();
        _change = default;
        _moreChanges?.Clear();
        Count = 0;
        Key = null;
        Bytes = 0;
        _core.Reset();
    }

    public Sequence GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("The append is not complete; await it.");
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _free(this);
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        // Completed in a turn of the grain, it has no need to be scheduled into another.
        if (TaskScheduler.Current == _turns && SynchronizationContext.Current is null)
            flags &= ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext;
        _core.OnCompleted(continuation, state, token, flags);
    }

    private ValueTask<AppendResult> Submit(ILogStream stream, byte codec, Sequence? expected)
    {
        try
        {
            return Count == 1
                ? stream.AppendAsync(EventAt(0, codec), expected)
                : stream.AppendAsync([.. Enumerable.Range(0, Count).Select(i => EventAt(i, codec))], expected);
        }
        catch (Exception e)
        {
            // The place in the order is taken; the answer comes the usual way.
            return ValueTask.FromException<AppendResult>(e);
        }
    }

    private EventData EventAt(int index, byte codec)
    {
        bool keyed = Key is not null && index == Count - 1;
        PayloadWriter payload = index == 0 ? _payload! : _morePayloads![index - 1];
        return new EventData(payload.Written, keyed ? (byte)(codec | KeyedPayload.CodecFlag) : codec);
    }

    private void Expect(ValueTask<AppendResult> answer)
    {
        // Never at once: events are applied without the caller's context, as in a replay. The code that awaits brings its own.
        // An answer that is there already is scheduled as a task, which would take the caller's context along.
        _answer = answer.GetAwaiter();
        if (ExecutionContext.IsFlowSuppressed())
        {
            _answer.UnsafeOnCompleted(_resume);
            return;
        }

        using (ExecutionContext.SuppressFlow())
            _answer.UnsafeOnCompleted(_resume);
    }

    private void Resume() => _acknowledged(this);

    private void ReturnPayloads()
    {
        if (_payload is not { } first)
            return;
        PayloadWriter.Return(first);
        _payload = null;
        if (_morePayloads is not { } more)
            return;
        foreach (PayloadWriter payload in more)
            PayloadWriter.Return(payload);
        more.Clear();
    }
}
