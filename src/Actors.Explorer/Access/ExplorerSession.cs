using System.Security.Claims;
using Actors.Explorer.Reading;
using Actors.Explorer.Stores;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Actors.Explorer.Access;

/// <summary>What one user sees: the stores, with what the user may not see taken out.</summary>
internal sealed class ExplorerSession(IExploredStores stores, AuthenticationStateProvider users, IOptions<LogExplorerOptions> options, OverviewHistory history, ILogger<ExplorerSession> logger)
{
    private ClaimsPrincipal? _user;

    public LogExplorerOptions Options => options.Value;

    /// <summary>The names of the stores.</summary>
    /// <exception cref="ExplorerException">There are none, or the silo does not run.</exception>
    public IReadOnlyList<string> Names => [.. stores.All.Select(s => s.Name)];

    /// <summary>Returns the store of a name; the first one for null.</summary>
    /// <exception cref="ExplorerException">There is no such store.</exception>
    public async ValueTask<GuardedStore> StoreAsync(string? name)
    {
        _user ??= (await users.GetAuthenticationStateAsync().ConfigureAwait(false)).User;
        IReadOnlyList<IExploredStore> all = stores.All;
        IExploredStore store = name is null ? all[0] : all.FirstOrDefault(s => s.Name == name)
            ?? throw new ExplorerException($"There is no log '{name}'. There are: {string.Join(", ", all.Select(s => s.Name))}.");
        return new GuardedStore(store, Options, _user, logger);
    }

    /// <summary>Returns the overviews of the last minutes, the newest last.</summary>
    public async ValueTask<IReadOnlyList<StoreOverview>> LookAsync(GuardedStore store, CancellationToken cancellationToken)
        => [.. (await history.LookAsync(store.Whole, cancellationToken).ConfigureAwait(false)).Select(store.Shown)];
}
