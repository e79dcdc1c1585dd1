using System.Text;
using Actors.Wal;

namespace Actors.Testing;

/// <summary>Helpers that write and read payloads.</summary>
public static class Payloads
{
    public static EventData Of(string text) => new(Encoding.UTF8.GetBytes(text), 7);

    public static EventData Of(int number) => Of($"event {number}");

    /// <summary>Waits for an append and discards its result.</summary>
    public static async ValueTask AsVoid(this ValueTask<AppendResult> append) => await append;

    public static string Text(this LogRecord record) => Encoding.UTF8.GetString(record.Payload.Span);

    public static async Task<List<string>> TextsAsync(this IAsyncEnumerable<LogRecord> records)
    {
        var texts = new List<string>();
        await foreach (LogRecord record in records)
            texts.Add($"{record.Kind} {record.Sequence} {record.Text()}");
        return texts;
    }

    public static async Task AppendManyAsync(this ILogStream stream, int count, int from = 1)
    {
        for (int i = from; i < from + count; i++)
            await stream.AppendAsync(Of(i));
    }
}
