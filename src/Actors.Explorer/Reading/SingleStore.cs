using Actors.Explorer.Stores;

namespace Actors.Explorer.Reading;

/// <summary>One store that is opened by its address.</summary>
internal sealed class SingleStore(IExploredStore store) : IExploredStores
{
    public IReadOnlyList<IExploredStore> All { get; } = [store];
}
