using System.Text;
using Orleans.Journaling;

namespace Actors.Orleans.Tests.Durable;

/// <summary>Takes a journal in as text, and its metadata.</summary>
internal sealed class JournalReader : IJournalStorageConsumer
{
    private readonly List<byte> _bytes = [];

    public string Text => Encoding.UTF8.GetString([.. _bytes]);

    public IJournalMetadata? Metadata { get; private set; }

    public HashSet<string?> Formats { get; } = [];

    public bool IsCompleted { get; private set; }

    public static async Task<JournalReader> ReadAsync(IJournalStorage storage)
    {
        var reader = new JournalReader();
        await storage.ReadAsync(reader, TestContext.Current.CancellationToken);
        return reader;
    }

    public void Read(JournalBufferReader buffer, IJournalMetadata? metadata)
    {
        var bytes = new byte[buffer.Length];
        _bytes.AddRange(buffer.Peek(buffer.Length, bytes));
        buffer.Skip(buffer.Length);
        Metadata = metadata;
        Formats.Add(metadata?.FormatKey);
        IsCompleted |= buffer.IsCompleted;
    }
}
