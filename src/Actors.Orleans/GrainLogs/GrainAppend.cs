using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Actors.Orleans.Codecs;
using Actors.Wal;

namespace Actors.Orleans.GrainLogs;

/// <summary>
/// One append of a grain: its events, and the awaitable that the grain's code holds. The acknowledgement resumes it once, in a
/// turn of the grain. In that turn the events are applied, and then the awaiting code continues.
/// The grain log reuses the object after the result was read.
/// </summary>
internal sealed class GrainAppend<TEvent> : IValueTaskSource<Sequence>
{
    private readonly Action<GrainAppend<TEvent>> _acknowledged;
    private readonly Action<GrainAppend<TEvent>> _free;
    private readonly Action _resume;
    private ManualResetValueTaskSourceCore<Sequence> _core;

    // Nearly every append has one event. It is kept in these fields and not in lists, because that costs fewer cache misses: while an
    // append waits, the appends of other grains push its objects out of the processor's caches.
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

    /// <summary>The append's place in the order of the grain's appends.</summary>
    public long Ticket { get; private set; }

    /// <summary>The number of events.</summary>
    public int Count { get; private set; }

    /// <summary>The size of the encoded events in bytes.</summary>
    public int Bytes { get; private set; }

    /// <summary>The sequences and the LSN of the events in the log; known once acknowledged.</summary>
    public AppendResult Result { get; private set; }

    public ValueTask<Sequence> Task => new(this, _core.Version);

    /// <summary>The idempotency key, or null without one; the last event carries it.</summary>
    public string? Key { get; set; }

    /// <summary>An event, by its place from 0.</summary>
    public TEvent ChangeAt(int index) => index == 0 ? _change! : _moreChanges![index - 1];

    /// <summary>Encodes events. If one can't be encoded, nothing is appended.</summary>
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

    /// <summary>Reads the log's answer. Call it once.</summary>
    /// <exception cref="AppendRejectedException">Nothing was written.</exception>
    /// <exception cref="AppendOutcomeUnknownException">The append is in doubt.</exception>
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

    /// <summary>Completes the append. The awaiting code continues at once, in this turn.</summary>
    public void Complete() => _core.SetResult(Result.Last);

    public void Fail(Exception error) => _core.SetException(error);

    /// <summary>Returns the payload buffers and clears the append, before it was started or after its result was read.</summary>
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
        // The append completes in a turn of the grain, so its continuation need not be scheduled into another one.
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
            // The append already has its ticket, so the error is returned as the log's answer.
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
        // Never resumes synchronously. Events are applied without the caller's context, as in a replay; the awaiting code brings its own.
        // Flow is suppressed, because a completed answer is scheduled as a task, which would capture the caller's context.
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
