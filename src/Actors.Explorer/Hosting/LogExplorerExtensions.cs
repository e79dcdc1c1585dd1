using System.Diagnostics.CodeAnalysis;
using Actors.Explorer.Access;
using Actors.Explorer.Components;
using Actors.Explorer.Hosting;
using Actors.Explorer.Reading;
using Actors.Explorer.Silos;
using Actors.Explorer.Stores;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MudBlazor.Services;

namespace Actors.Explorer;

/// <summary>Adds the log explorer to a program.</summary>
public static class LogExplorerExtensions
{
    /// <summary>Adds what the log explorer needs. It shows the write-ahead logs of the program's silo.</summary>
    /// <param name="services">The program's services.</param>
    /// <param name="configure">Says what is shown, and to whom.</param>
    public static IServiceCollection AddLogExplorer(this IServiceCollection services, Action<LogExplorerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<IExploredStores, SiloStores>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<OverviewHistory>();
        services.TryAddSingleton<ExplorerEndpoints>();
        services.AddHostedService<AddressCheck>();
        services.AddScoped<ExplorerSession>();
        services.AddOptions<LogExplorerOptions>().Configure(o => configure?.Invoke(o));
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddAntiforgery();
        services.AddMudServices();
        return services;
    }

    /// <summary>
    /// Maps the log explorer below a path. Unless the program listens on loopback only, it must be followed by
    /// <c>RequireAuthorization</c>, or the program does not start. Call <c>UseAntiforgery</c> before.
    /// </summary>
    /// <param name="endpoints">The program's endpoints.</param>
    /// <param name="path">The path.</param>
    /// <returns>The explorer's endpoints, for <c>RequireAuthorization</c> and other conventions.</returns>
    public static IEndpointConventionBuilder MapLogExplorer(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string path = "/explorer")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ExplorerEndpoints explorer = endpoints.ServiceProvider.GetService<ExplorerEndpoints>()
            ?? throw new InvalidOperationException("The log explorer is mapped and was not added; call services.AddLogExplorer() first.");
        explorer.Path = "/" + path.Trim('/');
        RouteGroupBuilder group = endpoints.MapGroup(explorer.Path);
        group.MapGet($"/{ExplorerAssets.Folder}/{{version}}/{{name}}", ExplorerAssets.Get);
        
        // The guard sets the policy of frames with all others.
        group.MapRazorComponents<App>().AddInteractiveServerRenderMode(o => o.ContentSecurityFrameAncestorsPolicy = null);
        group.MapFallback("{**rest}", ExplorerEndpoints.Missing);
        ((IEndpointConventionBuilder)group).Finally(explorer.Guard);
        return group;
    }
}
