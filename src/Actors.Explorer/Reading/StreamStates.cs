using System.Text.Json.Nodes;
using Actors.Explorer.Payloads;
using Actors.Explorer.Stores;
using Actors.Orleans.Kinds;
using Actors.Wal;

namespace Actors.Explorer.Reading;

/// <summary>The states of a stream, made by the program's own code.</summary>
/// <param name="reader">The store.</param>
/// <param name="id">The stream.</param>
/// <param name="kind">The stream's kind; null when the types are not known.</param>
/// <param name="records">Turns records into rows.</param>
internal sealed class StreamStates(IStreamReader reader, LogStreamId id, StreamKind? kind, RecordReader records)
{
    // The first window of a search. The next ones are each four times as long.
    private const long FirstWindow = 256;

    /// <exception cref="ExplorerException">There is no such stream.</exception>
    public async ValueTask<StateView> AtAsync(long sequence, CancellationToken cancellationToken)
    {
        StreamInfo stream = await FindAsync(cancellationToken).ConfigureAwait(false);
        sequence = Math.Clamp(sequence, 0, stream.Head.Value);
        IReadOnlyList<RecordRow> rows = await reader.ReadRowsAsync(id, sequence - 1, sequence, r => records.Row(r), cancellationToken).ConfigureAwait(false);
        RecordRow? row = rows.FirstOrDefault(r => r.Sequence == sequence);
        if (kind is null)
            return Untyped(sequence, row, rows.FirstOrDefault(r => r.Sequence == sequence - 1));
        try
        {
            (string? before, string? after) = await BothAsync(stream, sequence, cancellationToken).ConfigureAwait(false);
            return new StateView(sequence, before, after, row);
        }
        catch (Exception e) when (e is StateUnknownException or ExplorerException)
        {
            return new StateView(sequence, null, null, row, e.Message);
        }
    }

    /// <exception cref="ExplorerException">There is no such stream, or its states can't be made.</exception>
    public async ValueTask<FieldChange?> LastChangeAsync(string path, long sequence, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        StreamInfo stream = await FindAsync(cancellationToken).ConfigureAwait(false);
        if (kind is null)
            throw new ExplorerException("The program's types are not known here, so states can't be made.");
        long high = Math.Clamp(sequence, 0, stream.Head.Value);
        for (long window = FirstWindow; high > 0; window *= 4)
        {
            long low = Math.Max(0, high - window);
            (FieldChange? change, bool isEnd) = await WindowAsync(stream, path, low, high, cancellationToken).ConfigureAwait(false);
            if (change is not null || isEnd)
                return change;
            high = low;
            progress?.Report(high);
        }

        return null;
    }

    private async ValueTask<StreamInfo> FindAsync(CancellationToken cancellationToken)
        => await reader.FindAsync(id, cancellationToken).ConfigureAwait(false) ?? throw new ExplorerException($"There is no stream '{id}' any more.");

    private static StateView Untyped(long sequence, RecordRow? row, RecordRow? before)
        => row is { Kind: nameof(LogRecordKind.State) }
            ? new StateView(sequence, before?.Json, row.Json, row)
            : new StateView(sequence, null, null, row, "The program's types are not known here, so states can't be made from events. Open the explorer of a silo that has the grain's class.");

    /// <summary>Returns the states before and after an event. The state before the first one that can be made is null.</summary>
    private async ValueTask<(string? Before, string? After)> BothAsync(StreamInfo stream, long sequence, CancellationToken cancellationToken)
    {
        if (sequence == 0)
            return (null, await OneAsync(stream, 0, cancellationToken).ConfigureAwait(false));
        try
        {
            string? before = null;
            string? after = null;
            await foreach (StateAt state in kind!.StatesAsync(reader, stream, new Sequence(sequence - 1), new Sequence(sequence), cancellationToken).ConfigureAwait(false))
            {
                string json = ObjectJson.Of(state.State, indented: true);
                if (state.Sequence.Value == sequence)
                    after = json;
                else
                    before = json;
            }

            return (before, after);
        }
        catch (StateUnknownException) when (stream.Checkpoint?.Value == sequence || stream.First.Value == sequence)
        {
            return (null, await OneAsync(stream, sequence, cancellationToken).ConfigureAwait(false));
        }
    }

    private async ValueTask<string?> OneAsync(StreamInfo stream, long sequence, CancellationToken cancellationToken)
    {
        await foreach (StateAt state in kind!.StatesAsync(reader, stream, new Sequence(sequence), new Sequence(sequence), cancellationToken).ConfigureAwait(false))
            return ObjectJson.Of(state.State, indented: true);
        return null;
    }

    /// <summary>Returns the last change of a field between two states, and whether no earlier state can be made.</summary>
    private async ValueTask<(FieldChange? Change, bool IsEnd)> WindowAsync(StreamInfo stream, string path, long low, long high, CancellationToken cancellationToken)
    {
        long first = FirstState(stream);
        bool isEnd = low <= first;
        FieldChange? change = null;
        string? before = null;
        bool isFirst = true;
        try
        {
            await foreach (StateAt state in kind!.StatesAsync(reader, stream, new Sequence(Math.Max(low, first)), new Sequence(high), cancellationToken).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                string? value = JsonPointer.Find(JsonNode.Parse(ObjectJson.Of(state.State)), path)?.ToJsonString();
                if (!isFirst && value != before)
                    change = new FieldChange(state.Sequence.Value, before, value);
                (before, isFirst) = (value, false);
            }
        }
        catch (StateUnknownException e)
        {
            throw new ExplorerException(e.Message, e);
        }

        return (change, isEnd);
    }

    /// <summary>Returns the first sequence whose state can be made.</summary>
    private static long FirstState(StreamInfo stream)
        => stream.First.Value == 1 ? 0 : stream.Checkpoint is { } at && at.Next >= stream.First ? at.Value : stream.First.Value;
}
