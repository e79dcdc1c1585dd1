using System.Buffers.Binary;
using Actors.Reliability.Model;
using Actors.Wal.Local;

namespace Actors.Reliability.Processes;

/// <summary>A writer's streams in an open store, and their known state.</summary>
internal sealed class WriterStreams(LocalLogStore store)
{
    private readonly Dictionary<string, Entry> _entries = [];

    public WriterStream Of(string stream) => _entries[stream].Known;

    /// <summary>Opens a stream and reads its content.</summary>
    public async Task LoadAsync(string stream)
    {
        ILogStream handle = await store.OpenAsync(new LogStreamId(stream));
        ulong digest = 0;
        await foreach (LogRecord record in handle.ReplayAsync())
        {
            digest = record.Kind == LogRecordKind.Checkpoint
                ? BinaryPrimitives.ReadUInt64LittleEndian(record.Payload.Span)
                : ModelStream.Fold(digest, record.Payload.Span, record.Kind == LogRecordKind.State);
        }

        _entries[stream] = new Entry(handle, new WriterStream(handle.Head.Value, handle.Checkpoint?.Value, digest));
    }

    /// <summary>Executes an operation. If the store throws, the known state does not change.</summary>
    public async Task RunAsync(ModelOperation operation)
    {
        string name = operation.Parts[0].Stream;
        ILogStream stream = await OpenAsync(name);
        switch (operation.Kind)
        {
            case OperationKind.Append:
                await stream.AppendAsync(DataOf(operation.Parts[0]), new Sequence(Of(name).Head));
                Appended(operation.Parts[0]);
                break;
            case OperationKind.Atomic:
                var appends = new List<StreamAppend>();
                foreach (ModelPart part in operation.Parts)
                    appends.Add(new StreamAppend(await OpenAsync(part.Stream), DataOf(part), new Sequence(Of(part.Stream).Head)));
                await store.AppendAtomicAsync(appends);
                foreach (ModelPart part in operation.Parts)
                    Appended(part);
                break;
            case OperationKind.State:
                await stream.AppendStateAsync(DataOf(operation.Parts[0])[0]);
                long head = Of(name).Head + 1;
                Know(name, new WriterStream(head, head, ModelStream.Fold(0, operation.Parts[0].Payloads[0].Span, true)));
                break;
            case OperationKind.Checkpoint:
                await stream.CheckpointAsync(new Sequence(operation.At), DataOf(operation.Parts[0])[0]);
                Know(name, Of(name) with { Checkpoint = operation.At });
                break;
            case OperationKind.Truncation:
                await stream.TruncateAsync(new Sequence(operation.At));
                break;
            case OperationKind.Deletion:
                await stream.DeleteAsync();
                _entries[name] = new Entry(null, default);
                break;
            default:
                throw new InvalidOperationException($"No such operation: {operation.Kind}.");
        }
    }

    /// <summary>Reads a stream, and checks that it ends at its known head.</summary>
    public async Task CheckAsync(string stream)
    {
        long last = 0;
        await foreach (LogRecord record in (await OpenAsync(stream)).ReplayAsync())
            last = record.Sequence.Value;
        if (last != Of(stream).Head)
            throw new InvariantException($"Stream '{stream}' reads up to {last}; {Of(stream).Head} was acknowledged.");
    }

    /// <summary>Returns the stream's handle, and opens the stream again after a deletion.</summary>
    private async ValueTask<ILogStream> OpenAsync(string stream)
    {
        if (_entries[stream].Handle is { } open)
            return open;
        ILogStream handle = await store.OpenAsync(new LogStreamId(stream));
        _entries[stream] = _entries[stream] with { Handle = handle };
        return handle;
    }

    private void Appended(ModelPart part)
    {
        WriterStream known = Of(part.Stream);
        ulong digest = part.Payloads.Aggregate(known.Digest, (d, p) => ModelStream.Fold(d, p.Span, false));
        Know(part.Stream, known with { Head = known.Head + part.Payloads.Count, Digest = digest });
    }

    private void Know(string stream, WriterStream known) => _entries[stream] = _entries[stream] with { Known = known };

    private static EventData[] DataOf(ModelPart part) => [.. part.Payloads.Select(p => new EventData(p, 1))];

    private sealed record Entry(ILogStream? Handle, WriterStream Known);
}
