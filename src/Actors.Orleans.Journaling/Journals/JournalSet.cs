using Actors.Orleans.Streams;
using Actors.Wal;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>The parts that the journals of a provider share.</summary>
internal sealed class JournalSet(Func<ILogStore> store, WriteAheadLogOptions options)
{
    private static readonly StreamOptions LastSnapshot = new() { Retention = Retention.Last };

    private readonly OpenStreams<OpenStream> _shared = new(async id => new OpenStream(await store().OpenAsync(id, LastSnapshot)), options.StorageStreams);

    public ILogStore Store => store();

    public WriteAheadLogOptions Options => options;

    public JournalMetadataStreams Metadata { get; } = new(store, options);

    public NewJournals New { get; } = new(TimeProvider.System);

    /// <summary>The stream of a journal that an activation owns.</summary>
    public ActivationStream OfActivation(LogStreamId id, IGrainContext? activation) => new(new GrainStream(store, id, LastSnapshot, activation));

    /// <summary>The stream of a journal that no grain owns.</summary>
    public SharedStream Shared(LogStreamId id) => new(_shared, id);
}
