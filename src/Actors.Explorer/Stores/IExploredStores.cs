namespace Actors.Explorer.Stores;

/// <summary>The stores that an explorer shows. In a silo these are its logs.</summary>
internal interface IExploredStores
{
    /// <summary>The stores, at least one, in the order to show them.</summary>
    IReadOnlyList<IExploredStore> All { get; }
}
