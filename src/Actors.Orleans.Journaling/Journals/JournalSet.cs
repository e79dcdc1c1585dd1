using Actors.Wal;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>What the journals of a provider share.</summary>
internal sealed class JournalSet(Func<ILogStore> store, WriteAheadLogOptions options)
{
    public ILogStore Store => store();

    public WriteAheadLogOptions Options => options;

    public JournalMetadataStreams Metadata { get; } = new(store, options);

    public UnownedJournals Unowned { get; } = new(options.StorageStreams);
}
