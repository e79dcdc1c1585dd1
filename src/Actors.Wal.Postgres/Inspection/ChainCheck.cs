using Actors.Wal.Postgres.Reading;
using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Inspection;

/// <summary>
/// Checks that the rows of one stream, in their order, are a chain. Rows before the first event that the stream keeps may be gone. Fences
/// with a row behind them may be gone too; the epochs show how many.
/// </summary>
internal sealed class ChainCheck(StoredStream stream, List<RowProblem> problems)
{
    private readonly StoredRow _head = stream.Last!;
    private StoredRow? _before;
    private long _ownerBefore;
    private RowKey? _base;

    private bool IsDeleted => _head.Kind == RowKind.Tombstone;

    public void Add(StoredRow row, long owner)
    {
        VerifyRow(row);
        bool follows = _before is { } before ? VerifyPlace(before, row) : VerifyFirst(row);
        if (_before is { } previous)
        {
            VerifyOrder(previous, row);
            if (follows)
                VerifyLink(previous, row, owner);
        }

        if (row.Kind is RowKind.State or RowKind.Checkpoint)
            _base = row.Key;
        _before = row;
        _ownerBefore = owner;
    }

    /// <summary>Ends the check, after the last row.</summary>
    public void End()
    {
        if (IsDeleted)
            return;
        if (_head.Tail.Base is { } at && _base != at)
            Report(_head, $"The stream's last checkpoint is said to be in row {Text(at)}, {(_base is { } there ? $"and the last row with one is {Text(there)}" : "and there is none")}.");
        if (_head.First > 1 && !(_head.Checkpoint + 1 >= _head.First))
            Report(_head, $"The stream keeps its events from {_head.First} on, and no checkpoint stands for those before.");
    }

    private void VerifyRow(StoredRow row)
    {
        bool isCountRight = row.Kind switch
        {
            RowKind.Events => row.Count > 0,
            RowKind.State => row.Count == 1,
            _ => row.Count == 0,
        };
        if (!Enum.IsDefined(row.Kind))
            Report(row, $"There are no rows of kind {(short)row.Kind}.");
        else if (!isCountRight)
            Report(row, $"A row of kind {row.Kind} can't hold {row.Count} events.");
        else
            VerifyPayload(row);
        if (row.First > row.Tail.Seq)
            Report(row, $"The stream is said to keep its events from {row.First} on, and ends at {row.Tail.Head}.");
        if (row.Kind == RowKind.State ? row.Checkpoint != row.Key.Seq : row.Checkpoint >= row.Key.Seq)
            Report(row, $"The row says that the last checkpoint is at {row.Checkpoint}.");
        if (row.Kind == RowKind.Checkpoint && row.Checkpoint is null)
            Report(row, "A checkpoint does not say what it stands at.");
        if (_before?.Kind == RowKind.Tombstone)
            Report(row, "There is a row behind the stream's deletion.");
    }

    private void VerifyPayload(StoredRow row)
    {
        if (row.Kind is RowKind.Fence or RowKind.Truncation or RowKind.Tombstone)
        {
            if (row.Payload is not null)
                Report(row, $"A row of kind {row.Kind} has a payload.");
            return;
        }

        try
        {
            RowPayload.Decode(row.Payload ?? throw new InvalidDataException("The row has no payload."), Math.Max(row.Count, 1));
        }
        catch (InvalidDataException e)
        {
            Report(row, e.Message);
        }
    }

    /// <summary>Checks that the first row can begin the chain. Returns false, because it follows no row.</summary>
    private bool VerifyFirst(StoredRow row)
    {
        if (row.Key.Seq == 1 && row.Epoch >= EpochsBehind(row.Key.Sub, row))
            return false;
        if (row.Key != new RowKey(1, 0) && !IsDeleted && (_head.First == 1 || row.Key.Seq > _head.First))
            Report(row, $"The rows before this one are missing; the stream keeps its events from {_head.First} on.");
        return false;
    }

    /// <summary>Returns whether a row directly follows the one before it, or with only deleted fences in between.</summary>
    private bool VerifyPlace(StoredRow before, StoredRow row)
    {
        RowKey next = before.Tail.Next;
        if (row.Key == next)
            return true;
        if (row.Key.Seq == next.Seq && row.Key.Sub > next.Sub && row.Epoch == before.Epoch + EpochsBehind(row.Key.Sub - next.Sub, row))
            return true;
        if ((row.Key.Seq, row.Key.Sub).CompareTo((next.Seq, next.Sub)) < 0)
            Report(row, $"The row overlaps the one before it, {Text(before.Key)}, behind which the stream goes on at {Text(next)}.");
        else if (!IsDeleted && row.Key.Seq > _head.First)
            Report(row, $"The rows from {Text(next)} on are missing; the one before is {Text(before.Key)}.");
        return false;
    }

    /// <summary>Returns by how much a row's epoch is greater than that of the row before these fences.</summary>
    private static int EpochsBehind(int fences, StoredRow row) => fences + (row.Kind == RowKind.Fence ? 1 : 0);

    /// <summary>Checks the values that never decrease from row to row.</summary>
    private void VerifyOrder(StoredRow before, StoredRow row)
    {
        if (row.Epoch < before.Epoch)
            Report(row, $"Its epoch is {row.Epoch}, and that of the row before it {before.Epoch}.");
        if (row.Time < before.Time)
            Report(row, $"It is of {row.Time:O}, and the row before it of {before.Time:O}.");
        if ((row.Tx, row.Ordinal).CompareTo((before.Tx, before.Ordinal)) <= 0)
            Report(row, $"The change feed has it at {row.Tx}/{row.Ordinal}, and the row before it at {before.Tx}/{before.Ordinal}.");
        if (row.First < before.First)
            Report(row, $"The stream is said to keep its events from {row.First} on, and had dropped those before {before.First}.");
        if (row.Checkpoint < before.Checkpoint || (row.Checkpoint is null && before.Checkpoint is not null))
            Report(row, $"Its last checkpoint is at {row.Checkpoint}, and was at {before.Checkpoint}.");
    }

    /// <summary>Checks the values that a row takes from the row directly before it.</summary>
    private void VerifyLink(StoredRow before, StoredRow row, long owner)
    {
        int fences = row.Key.Seq == before.Tail.Next.Seq ? row.Key.Sub - before.Tail.Next.Sub : 0;
        if (row.Epoch != before.Epoch + EpochsBehind(fences, row) || (row.Epoch == before.Epoch && owner != _ownerBefore))
            Report(row, row.Kind == RowKind.Fence ? $"A change of owner from epoch {before.Epoch} to {row.Epoch}." : "It is not of the owner that the row before it is of, and none has opened the stream in between.");
        if (row.Base != before.Tail.Base && !(row.Kind == RowKind.State && row.Base is null))
            Report(row, $"It names {Text(row.Base)} as the row of the last checkpoint, which is {Text(before.Tail.Base)}.");
        if (row.Kind is not (RowKind.State or RowKind.Checkpoint) && row.Checkpoint != before.Checkpoint)
            Report(row, $"Its last checkpoint is at {row.Checkpoint?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}, and the row before it has none there.");
    }

    private void Report(StoredRow row, string what) => problems.Add(new RowProblem(stream.Name, row.Key.Seq, row.Key.Sub, what));

    private static string Text(RowKey? key) => key is { } at ? $"{at.Seq}/{at.Sub}" : "none";
}
