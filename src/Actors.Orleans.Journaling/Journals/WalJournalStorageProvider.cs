using System.Runtime.CompilerServices;
using Actors.Wal;
using Microsoft.Extensions.Options;
using Orleans.Journaling;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>Journals as streams of a log store: that of a journal is named after it, with <c>/durable</c> behind.</summary>
internal sealed class WalJournalStorageProvider(
    Func<ILogStore> store,
    WriteAheadLogOptions options,
    IOptions<JournaledStateManagerOptions> manager,
    IGrainContextAccessor? contexts) : IJournalStorageProvider, IJournalStorageCatalog
{
    private const string Suffix = "/durable";

    public IJournalStorage CreateStorage(JournalId journalId)
    {
        IGrainContext? context = contexts?.GrainContext;
        var journal = new WalJournal(store, context, StreamOf(journalId), manager.Value.JournalFormatKey, options);
        // Nobody tells a journal that its grain is gone, but the grain's own lifecycle.
        context?.ObservableLifecycle?.Subscribe(
            nameof(WalJournal), GrainLifecycleStage.First, static _ => Task.CompletedTask, _ => journal.CloseAsync());
        return journal;
    }

    public async IAsyncEnumerable<JournalId> ListAsync(JournalId prefix = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var found = new List<JournalId>();
        await foreach (StreamInfo stream in store().ListAsync(prefix.IsDefault ? "" : prefix.Value, cancellationToken))
        {
            if (stream.Head == Sequence.Zero || !stream.Id.Value.EndsWith(Suffix, StringComparison.Ordinal) || stream.Id.Value.Length == Suffix.Length)
                continue;
            var journal = new JournalId(stream.Id.Value[..^Suffix.Length]);
            if (prefix.IsDefault || prefix.IsPrefixOf(journal))
                found.Add(journal);
        }

        found.Sort(static (left, right) => string.CompareOrdinal(left.Value, right.Value));
        foreach (JournalId journal in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return journal;
        }
    }

    private static StreamId StreamOf(JournalId journal)
        => journal.IsDefault ? throw new ArgumentException("The journal has no id.", nameof(journal)) : new StreamId(journal.Value + Suffix);
}
