using Actors.Explorer.Stores;
using Actors.Orleans;
using Actors.Orleans.Kinds;
using Actors.Wal;

namespace Actors.Explorer.Payloads;

/// <summary>Turns records into rows to show, with the program's types where they are known.</summary>
/// <param name="kindOf">Returns the kind of a stream; null when the types are not known.</param>
internal sealed class RecordReader(Func<LogStreamId, StreamKind?> kindOf)
{
    /// <param name="record">The record.</param>
    /// <param name="isSkipped">Whether an operator told replay to skip it.</param>
    public RecordRow Row(in LogRecord record, bool isSkipped = false)
    {
        (string? type, string json) = RawJson.Of(record, out string? key, out int bytes);
        var row = new RecordRow
        {
            Stream = record.Stream.Value,
            Sequence = record.Sequence.Value,
            Kind = record.Kind.ToString(),
            Time = record.Time,
            Lsn = record.Lsn.Value,
            Epoch = record.Epoch.Value,
            Bytes = bytes,
            IdempotencyKey = key,
            Type = type,
            Json = record.Payload.IsEmpty ? null : json,
            IsSkipped = isSkipped,
        };
        return kindOf(record.Stream) is { } kind ? WithTypes(row, record, kind) : row;
    }

    private static RecordRow WithTypes(RecordRow row, in LogRecord record, StreamKind kind)
    {
        try
        {
            return kind.Decode(record, out _) switch
            {
                [] => row,
                [var one] => row with { Type = one.GetType().Name, Json = ObjectJson.Of(one) },
                var several => row with { Type = string.Join(" + ", several.Select(s => s.GetType().Name)), Json = ObjectJson.Of(several) },
            };
        }
        catch (Exception e) when (e is GrainLogDecodeException or Orleans.Codecs.UnusableCheckpointException)
        {
            return row with { Error = (e.InnerException ?? e).Message };
        }
        catch (ExplorerException e)
        {
            return row with { Error = e.Message };
        }
    }
}
