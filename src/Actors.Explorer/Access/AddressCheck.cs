using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Actors.Explorer.Access;

/// <summary>Ends the start of a program that would show its logs to other machines without an authorization policy.</summary>
internal sealed class AddressCheck(ExplorerEndpoints explorer, IServer server, EndpointDataSource endpoints) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // Reading the endpoints builds them, with all conventions.
        _ = endpoints.Endpoints.Count;
        string? open = explorer.IsOpen ? server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault(a => !IsLoopback(a)) : null;
        return open is null
            ? Task.CompletedTask
            : throw new InvalidOperationException(
                $"The log explorer at '{explorer.Path}' has no authorization policy, and the program listens on {open}, where other machines reach it. "
                + $"Write app.MapLogExplorer(\"{explorer.Path}\").RequireAuthorization(…), or listen on loopback only.");
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static bool IsLoopback(string address)
    {
        BindingAddress binding = BindingAddress.Parse(address);
        return binding.IsUnixPipe || binding.IsNamedPipe
            || binding.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(binding.Host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip));
    }
}
