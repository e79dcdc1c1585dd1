using Actors.Wal;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>
/// The open journals that no grain owns: those of system services and of standalone managers. Orleans does not tell a storage
/// when such a journal is no longer needed, so the ones used longest ago let their streams go when there are too many.
/// </summary>
/// <param name="most">How many stay open.</param>
internal sealed class UnownedJournals(int most)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Entry> _byUse = [];
    private readonly Dictionary<WalJournal, LinkedListNode<Entry>> _entries = [];

    /// <summary>How many journals may be open.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>Begins a call on a journal; it stays open until the result is disposed.</summary>
    public IDisposable BeginUse(WalJournal journal)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(journal, out LinkedListNode<Entry>? node))
                _entries.Add(journal, node = new LinkedListNode<Entry>(new Entry(this, journal)));
            else if (node.List is not null)
                _byUse.Remove(node);
            node.Value.Calls++;
            return node.Value;
        }
    }

    private void EndUse(Entry entry)
    {
        List<ILogStream>? closing = null;
        lock (_gate)
        {
            // Idle journals are in the list, the one used last at its end.
            if (--entry.Calls == 0)
                _byUse.AddLast(_entries[entry.Journal]);
            while (_entries.Count > most && _byUse.First is { } oldest)
            {
                _byUse.RemoveFirst();
                _entries.Remove(oldest.Value.Journal);
                if (oldest.Value.Journal.LetGo() is { } stream)
                    (closing ??= []).Add(stream);
            }
        }

        foreach (ILogStream stream in closing ?? [])
            _ = stream.DisposeAsync().AsTask();
    }

    private sealed class Entry(UnownedJournals journals, WalJournal journal) : IDisposable
    {
        public WalJournal Journal => journal;

        public int Calls { get; set; }

        public void Dispose() => journals.EndUse(this);
    }
}
