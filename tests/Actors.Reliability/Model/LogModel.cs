using System.Collections.Immutable;

namespace Actors.Reliability.Model;

/// <summary>
/// The expected content of a log: a dictionary of streams after each operation, in the order in which the operations were
/// submitted. A recovered log must equal the model after a prefix of the operations that includes all promised ones.
/// </summary>
internal sealed class LogModel
{
    private readonly List<ModelOperation> _operations = [];
    private readonly List<Prefix> _prefixes = [new Prefix(0, ImmutableSortedDictionary<string, ModelStream>.Empty.WithComparers(StringComparer.Ordinal))];
    private long _floor;
    private int _recovered;

    /// <summary>The operations that were not rejected.</summary>
    public IReadOnlyList<ModelOperation> Operations => _operations;

    /// <summary>The LSN of the last record that is promised to survive a loss of power.</summary>
    public long Floor
    {
        get
        {
            Number();
            return _floor;
        }
    }

    /// <summary>The LSN of the last submitted record.</summary>
    public long Last
    {
        get
        {
            Number();
            return _prefixes[^1].LastLsn;
        }
    }

    /// <summary>The streams after all submitted operations.</summary>
    public ImmutableSortedDictionary<string, ModelStream> Newest
    {
        get
        {
            Number();
            return _prefixes[^1].Streams;
        }
    }

    public void Submit(ModelOperation operation) => _operations.Add(operation);

    /// <summary>Records the outcome of an operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="outcome">The outcome.</param>
    /// <param name="promises">Whether it promises that all records up to it are in the log. False for a call that completed at once.</param>
    public void Answer(ModelOperation operation, OperationOutcome outcome, bool promises = true)
    {
        operation.Outcome = outcome;
        if (outcome == OperationOutcome.Rejected)
        {
            int place = _operations.LastIndexOf(operation);
            _operations.RemoveAt(place);
            Forget(place);
        }
        else if (outcome == OperationOutcome.Acknowledged && operation.IsSynced && promises)
        {
            Promise(_operations.LastIndexOf(operation) + 1);
        }
    }

    /// <summary>The last operation that is acknowledged, like all before it: a flush that is requested now promises it.</summary>
    public ModelOperation? LastAcknowledged => _operations.Skip(_recovered).TakeWhile(o => o.Outcome == OperationOutcome.Acknowledged).LastOrDefault();

    /// <summary>Records that an operation, and all before it, survive a loss of power.</summary>
    public void Flushed(ModelOperation operation) => Promise(_operations.LastIndexOf(operation) + 1);

    /// <summary>Records that a follower got all records up to this LSN: no crash may remove them.</summary>
    public void Followed(long lsn) => _floor = Math.Max(Floor, lsn);

    /// <summary>Returns a copy of the model that continues after a recovery that found the first records.</summary>
    public LogModel Fork(long lsn)
    {
        var fork = new LogModel();
        fork._operations.AddRange(_operations);
        fork._prefixes.Clear();
        fork._prefixes.AddRange(_prefixes);
        fork.Recovered(lsn);
        return fork;
    }

    /// <summary>Returns the streams after the records up to an LSN; null when that is within an operation.</summary>
    public ImmutableSortedDictionary<string, ModelStream>? After(long lsn)
    {
        Number();
        int low = 0;
        int high = _prefixes.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_prefixes[middle].LastLsn <= lsn)
                low = middle;
            else
                high = middle - 1;
        }

        return _prefixes[low].LastLsn == lsn ? _prefixes[low].Streams : null;
    }

    /// <summary>Records a recovery that found the records up to an LSN: later ones never happened, and these are durable.</summary>
    public void Recovered(long lsn)
    {
        Number();
        int kept = _prefixes.FindLastIndex(p => p.LastLsn <= lsn);
        _operations.RemoveRange(kept, _operations.Count - kept);
        Forget(kept);
        _recovered = kept;
        _floor = lsn;
    }

    private void Promise(int operations)
    {
        Number();
        _floor = Math.Max(_floor, _prefixes[operations].LastLsn);
    }

    private void Forget(int fromOperation)
    {
        if (_prefixes.Count > fromOperation + 1)
            _prefixes.RemoveRange(fromOperation + 1, _prefixes.Count - fromOperation - 1);
    }

    /// <summary>Assigns LSNs to the operations, and computes the streams after each.</summary>
    private void Number()
    {
        for (int i = _prefixes.Count - 1; i < _operations.Count; i++)
        {
            Prefix before = _prefixes[i];
            ModelOperation operation = _operations[i];
            int records = RecordsOf(operation, before.Streams);
            _prefixes.Add(records == 0 ? before : new Prefix(before.LastLsn + records, Apply(before.Streams, operation)));
        }
    }

    /// <summary>Returns the number of records of an operation. Truncations and deletions that change nothing have none.</summary>
    private static int RecordsOf(ModelOperation operation, ImmutableSortedDictionary<string, ModelStream> streams)
    {
        ModelStream? stream = streams.GetValueOrDefault(operation.Parts[0].Stream);
        return operation.Kind switch
        {
            OperationKind.Append or OperationKind.Atomic => operation.Parts.Sum(p => p.Payloads.Count),
            OperationKind.Truncation when operation.At <= (stream?.First ?? 1) => 0,
            OperationKind.Deletion when stream is null => 0,
            _ => 1,
        };
    }

    /// <summary>Returns the streams after one more operation.</summary>
    public static ImmutableSortedDictionary<string, ModelStream> Apply(ImmutableSortedDictionary<string, ModelStream> streams, ModelOperation operation)
    {
        foreach (ModelPart part in operation.Parts)
        {
            ModelStream stream = streams.GetValueOrDefault(part.Stream, ModelStream.Empty);
            streams = operation.Kind switch
            {
                OperationKind.Append or OperationKind.Atomic => streams.SetItem(part.Stream, stream.Append(part.Payloads)),
                OperationKind.State => streams.SetItem(part.Stream, stream.AppendState(part.Payloads[0], operation.Retention, operation.Time)),
                OperationKind.Checkpoint => streams.SetItem(part.Stream, stream.Save(operation.At, part.Payloads[0], operation.Retention, operation.Time)),
                OperationKind.Truncation => streams.SetItem(part.Stream, stream.DropBefore(operation.At)),
                OperationKind.Deletion => streams.Remove(part.Stream),
                _ => throw new InvalidOperationException($"No such operation: {operation.Kind}."),
            };
        }

        return streams;
    }

    private readonly record struct Prefix(long LastLsn, ImmutableSortedDictionary<string, ModelStream> Streams);
}
