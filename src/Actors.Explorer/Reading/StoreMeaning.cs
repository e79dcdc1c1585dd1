using Actors.Explorer.Stores;
using Actors.Orleans.Kinds;
using Actors.Wal;

namespace Actors.Explorer.Reading;

/// <summary>What a silo knows of its store.</summary>
internal abstract class StoreMeaning
{
    /// <summary>The streams whose grains can't be activated.</summary>
    public abstract IReadOnlyList<QuarantineRow> Quarantined { get; }

    /// <summary>What changes the store.</summary>
    public abstract IStoreChanges Changes { get; }

    /// <summary>Returns the kind of a stream; null when no grain class declares it.</summary>
    public abstract StreamKind? KindOf(LogStreamId stream);
}
