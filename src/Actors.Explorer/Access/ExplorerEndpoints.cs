using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Actors.Explorer.Access;

/// <summary>
/// Guards all endpoints of the explorer: each response has the headers that keep a page from being misused, and without an authorization
/// policy only this machine is answered.
/// </summary>
internal sealed class ExplorerEndpoints
{
    // Component libraries set styles of elements; scripts are files of the explorer only.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    /// <summary>The path below which the explorer is mapped; empty until then.</summary>
    public string Path { get; set; } = "";

    /// <summary>Whether an endpoint has no authorization policy. Known once the endpoints are built.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Answers a request for what does not exist.</summary>
    public static Task Missing(HttpContext context) => NotFound().ExecuteAsync(context);

    public static IResult NotFound() => Results.Text("The log explorer has no such page.", "text/plain; charset=utf-8", statusCode: StatusCodes.Status404NotFound);

    /// <summary>Puts the guard in front of an endpoint.</summary>
    public void Guard(EndpointBuilder endpoint)
    {
        bool isOpen = endpoint.Metadata.OfType<IAllowAnonymous>().Any() || !endpoint.Metadata.Any(m => m is IAuthorizeData or AuthorizationPolicy);
        IsOpen |= isOpen;
        RequestDelegate inner = endpoint.RequestDelegate!;
        endpoint.RequestDelegate = context =>
        {
            AddHeaders(context.Response.Headers);
            return RefusalOf(context, isOpen) is { } refusal ? refusal.ExecuteAsync(context) : inner(context);
        };
    }

    private static void AddHeaders(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }

    private static IResult? RefusalOf(HttpContext context, bool isOpen)
    {
        if (!IsOwnOrigin(context.Request))
            return Refuse("The request comes from a page of another site.");
        if (!isOpen)
            return null;
        if (context.Connection.LocalIpAddress is { } local && !IPAddress.IsLoopback(local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local))
            return Refuse("Without an authorization policy, the log explorer answers this machine only. Call RequireAuthorization on what MapLogExplorer returns.");

        // A name of another machine that leads here is how a page of another site would read the answers.
        return IsLoopbackName(context.Request.Host.Host) ? null : Refuse($"Without an authorization policy, the log explorer answers to localhost only, and not to '{context.Request.Host.Host}'.");
    }

    private static bool IsOwnOrigin(HttpRequest request)
        => request.Headers.Origin is not [{ Length: > 0 } origin]
            ? StringValues.IsNullOrEmpty(request.Headers.Origin)
            : Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) && HostString.FromUriComponent(uri) == WithPort(request, uri);

    /// <summary>Returns the request's host as the origin's would be written: without a port that is the scheme's own.</summary>
    private static HostString WithPort(HttpRequest request, Uri origin)
        => request.Host.Port is { } port && origin.IsDefaultPort && port == origin.Port ? new HostString(request.Host.Host) : request.Host;

    private static bool IsLoopbackName(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    private static IResult Refuse(string reason) => Results.Text(reason, "text/plain; charset=utf-8", statusCode: StatusCodes.Status403Forbidden);
}
