using System.Runtime.InteropServices;
using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

/// <summary>A row that is being committed.</summary>
/// <param name="key">Its position in the stream.</param>
/// <param name="kind">Its kind.</param>
/// <param name="first">The first sequence that the stream keeps as of this row.</param>
/// <param name="checkpoint">The sequence of the last checkpoint as of this row.</param>
/// <param name="before">The last row before this one that has a checkpoint or a state.</param>
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

    /// <summary>The number of sequences in the row.</summary>
    public int Count => Kind is RowKind.Events or RowKind.State ? Events.Length : 0;

    /// <summary>The number of records that the row has in the change feed.</summary>
    public int Records => Math.Max(Count, 1);

    /// <summary>The number of records that the commit has before this row.</summary>
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
