using System.Runtime.CompilerServices;
using Actors.Wal;
using Microsoft.Extensions.Options;
using Orleans.Journaling;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>Keeps journals as streams of a log store. The stream of a journal has the journal's id with the suffix <c>/durable</c>.</summary>
internal sealed class WalJournalStorageProvider(
    Func<ILogStore> store,
    WriteAheadLogOptions options,
    IOptions<JournaledStateManagerOptions> manager,
    IGrainContextAccessor? contexts) : IJournalStorageProvider, IJournalStorageCatalog
{
    private const string Suffix = "/durable";

    private readonly JournalSet _journals = new(store, options);

    public IJournalStorage CreateStorage(JournalId journalId)
    {
        LogStreamId id = StreamOf(journalId);
        // A grain owns the journal of its own id. Journals of jobs, system targets and hosted services have no grain.
        if (contexts?.GrainContext is not { } context || context.GrainId.IsSystemTarget() || context.GrainId.ToString() != journalId.Value)
            return JournalOf(id, _journals.Shared(id));
        ActivationStream stream = _journals.OfActivation(id, context);
        // Only the grain's own lifecycle tells that the grain is gone.
        context.ObservableLifecycle.Subscribe(
            nameof(WalJournal), GrainLifecycleStage.First, static _ => Task.CompletedTask, _ => stream.CloseAsync());
        return JournalOf(id, stream);
    }

    /// <summary>Returns the journal of a grain, as its activation opens it.</summary>
    internal WalJournal OfActivation(JournalId journalId) => JournalOf(StreamOf(journalId), _journals.OfActivation(StreamOf(journalId), null));

    public async IAsyncEnumerable<JournalCatalogEntry> ListAsync(JournalCatalogListOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        (string prefix, string? from, string? to, bool withMetadata) = (options?.Prefix.Value ?? "", options?.MinId.Value, options?.MaxId.Value, options?.IncludeMetadata ?? false);
        await foreach (StreamInfo stream in _journals.Store.ListAsync(prefix, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (IdOf(stream) is not { } journal
                || !journal.Value.StartsWith(prefix, StringComparison.Ordinal)
                || (from is not null && string.CompareOrdinal(journal.Value, from) < 0)
                || (to is not null && string.CompareOrdinal(journal.Value, to) > 0))
            {
                continue;
            }

            await _journals.New.WaitAsync(stream.Id, cancellationToken);
            if (!withMetadata)
                yield return new JournalCatalogEntry(journal);
            else if (await _journals.Metadata.ReadAsync(stream.Id, cancellationToken) is { } metadata)
                yield return new JournalCatalogEntry(journal, metadata);
        }
    }

    private WalJournal JournalOf(LogStreamId id, JournalStream stream) => new(_journals, id, stream, manager.Value.JournalFormatKey);

    private static JournalId? IdOf(in StreamInfo stream)
    {
        string name = stream.Id.Value;
        return stream.Head > Sequence.Zero && name.Length > Suffix.Length && name.EndsWith(Suffix, StringComparison.Ordinal)
            ? new JournalId(name[..^Suffix.Length])
            : null;
    }

    private static LogStreamId StreamOf(JournalId journal)
        => journal.IsDefault ? throw new ArgumentException("The journal has no id.", nameof(journal)) : new LogStreamId(journal.Value + Suffix);
}
