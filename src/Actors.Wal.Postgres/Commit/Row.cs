using System.Runtime.InteropServices;
using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

/// <summary>A row on its way into the log.</summary>
/// <param name="key">Its place.</param>
/// <param name="kind">What it is.</param>
/// <param name="first">The first sequence that is kept, with this row.</param>
/// <param name="checkpoint">Where the last checkpoint stands, with this row.</param>
/// <param name="before">The last checkpoint's or state's row before this one.</param>
internal sealed class Row(RowKey key, RowKind kind, long first, long? checkpoint, RowKey? before)
{
    private EventData[] _events = [];
    private List<EventData>? _all;

    public RowKey Key => key;

    public RowKind Kind => kind;

    public long First => first;

    public long? Checkpoint => checkpoint;

    public RowKey? Base => before;

    /// <summary>The events, the state or the checkpoint.</summary>
    public ReadOnlySpan<EventData> Events => _all is null ? _events : CollectionsMarshal.AsSpan(_all);

    /// <summary>How many sequences it takes.</summary>
    public int Count => Kind is RowKind.Events or RowKind.State ? Events.Length : 0;

    /// <summary>How many records of the change feed it is.</summary>
    public int Records => Math.Max(Count, 1);

    /// <summary>How many records of the commit come before it.</summary>
    public int Ordinal { get; set; }

    public void Add(EventData[] events)
    {
        if (_events.Length == 0)
        {
            _events = events;
            return;
        }

        _all ??= [.. _events];
        _all.AddRange(events);
    }
}
