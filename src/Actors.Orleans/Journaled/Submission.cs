using Actors.Orleans.Codecs;
using Actors.Wal;

namespace Actors.Orleans.Journaled;

/// <summary>Events that a journaled grain raised together, and that are appended together or not at all.</summary>
internal sealed class Submission<TEntry>
{
    private readonly List<PayloadWriter> _payloads = [];

    /// <summary>The events.</summary>
    public List<TEntry> Entries { get; } = [];

    /// <summary>Their size, encoded.</summary>
    public int Bytes { get; private set; }

    /// <summary>When they were raised.</summary>
    public long RaisedAt { get; init; }

    /// <summary>For conditional events: the version that they must be raised on.</summary>
    public Sequence? Expected { get; init; }

    /// <summary>For conditional events: whether they were appended.</summary>
    public TaskCompletionSource<bool>? Appended { get; init; }

    /// <summary>Takes an event in, encoded: what can't be, is refused before anything is submitted.</summary>
    public void Add(TEntry entry, PayloadCodec<TEntry> codec)
    {
        PayloadWriter payload = codec.Encode(entry);
        _payloads.Add(payload);
        Entries.Add(codec.AsWritten(entry, payload));
        Bytes += payload.Written.Length;
    }

    /// <summary>The events for another view: those that can change are decoded anew, so that no two views share anything of them.</summary>
    public IEnumerable<TEntry> CopiesOf(PayloadCodec<TEntry> codec) => Entries.Zip(_payloads, codec.AsWritten);

    public void AddTo(List<EventData> events, byte codec)
    {
        foreach (PayloadWriter payload in _payloads)
            events.Add(new EventData(payload.Written, codec));
    }

    /// <summary>Gives its memory back, once the log has the events or does not want them.</summary>
    public void Release()
    {
        foreach (PayloadWriter payload in _payloads)
            PayloadWriter.Return(payload);
        _payloads.Clear();
    }
}
