using Actors.Orleans.Codecs;
using Actors.Wal;

namespace Actors.Orleans.JournaledGrains;

/// <summary>Events that a journaled grain raised together. They are appended all or nothing.</summary>
internal sealed class Submission<TEntry>
{
    private readonly List<PayloadWriter> _payloads = [];

    /// <summary>The events.</summary>
    public List<TEntry> Entries { get; } = [];

    /// <summary>The size of the encoded events in bytes.</summary>
    public int Bytes { get; private set; }

    /// <summary>When the events were raised, as a timestamp of the clock.</summary>
    public long RaisedAt { get; init; }

    /// <summary>For conditional events: the version that the log must have before them.</summary>
    public Sequence? Expected { get; init; }

    /// <summary>For conditional events: whether they were appended.</summary>
    public TaskCompletionSource<bool>? Appended { get; init; }

    /// <summary>Encodes an event and adds it. An event that can't be encoded is refused before anything is submitted.</summary>
    public void Add(TEntry entry, PayloadCodec<TEntry> codec)
    {
        PayloadWriter payload = codec.Encode(entry);
        _payloads.Add(payload);
        Entries.Add(codec.AsWritten(entry, payload));
        Bytes += payload.Written.Length;
    }

    /// <summary>The events for another view. Mutable events are decoded again, so that no two views share objects.</summary>
    public IEnumerable<TEntry> CopiesOf(PayloadCodec<TEntry> codec) => Entries.Zip(_payloads, codec.AsWritten);

    public void AddTo(List<EventData> events, byte codec)
    {
        foreach (PayloadWriter payload in _payloads)
            events.Add(new EventData(payload.Written, codec));
    }

    /// <summary>Returns the payload buffers, once the log has appended or rejected the events.</summary>
    public void Release()
    {
        foreach (PayloadWriter payload in _payloads)
            PayloadWriter.Return(payload);
        _payloads.Clear();
    }
}
