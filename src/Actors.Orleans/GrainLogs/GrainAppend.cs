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
    private readonly List<TEvent> _changes = [];
    private readonly List<PayloadWriter> _payloads = [];
    private ManualResetValueTaskSourceCore<Sequence> _core;
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

    /// <summary>The events, in their order.</summary>
    public IReadOnlyList<TEvent> Changes => _changes;

    /// <summary>The size of all events, encoded.</summary>
    public int Bytes { get; private set; }

    /// <summary>Where the log put the events; known once acknowledged.</summary>
    public AppendResult Result { get; private set; }

    public ValueTask<Sequence> Task => new(this, _core.Version);

    /// <summary>The idempotency key, or null without one; the last event carries it.</summary>
    public string? Key { get; set; }

    /// <summary>Encodes events. Should one fail, nothing is appended.</summary>
    public void Add(IReadOnlyList<TEvent> changes, PayloadCodec<TEvent> codec)
    {
        for (int i = 0; i < changes.Count; i++)
        {
            if (Key is { } key && i == changes.Count - 1)
                Add(changes[i], codec.Encode(changes[i], target => KeyedPayload.Write(target, key)));
            else
                Add(changes[i], codec);
        }
    }

    /// <summary>Encodes an event.</summary>
    public void Add(TEvent change, PayloadCodec<TEvent> codec) => Add(change, codec.Encode(change));

    private void Add(TEvent change, PayloadWriter payload)
    {
        _payloads.Add(payload);
        _changes.Add(change);
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
        _changes.Clear();
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
            return _payloads.Count == 1
                ? stream.AppendAsync(EventAt(0, codec), expected)
                : stream.AppendAsync([.. Enumerable.Range(0, _payloads.Count).Select(i => EventAt(i, codec))], expected);
        }
        catch (Exception e)
        {
            // The place in the order is taken; the answer comes the usual way.
            return ValueTask.FromException<AppendResult>(e);
        }
    }

    private EventData EventAt(int index, byte codec)
    {
        bool keyed = Key is not null && index == _payloads.Count - 1;
        return new EventData(_payloads[index].Written, keyed ? (byte)(codec | KeyedPayload.CodecFlag) : codec);
    }

    private void Expect(ValueTask<AppendResult> answer)
    {
        _answer = answer.GetAwaiter();
        if (_answer.IsCompleted)
            Resume();
        else
            _answer.OnCompleted(_resume);
    }

    private void Resume() => _acknowledged(this);

    private void ReturnPayloads()
    {
        foreach (PayloadWriter payload in _payloads)
            PayloadWriter.Return(payload);
        _payloads.Clear();
    }
}
