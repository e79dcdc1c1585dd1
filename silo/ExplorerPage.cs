using System.Net;
using Actors.Explorer;

namespace Actors.Silo;

/// <summary>The log explorer at <c>/explorer</c>. It has no authorization here, so it is there only if the silo's web server listens on loopback.</summary>
internal static class ExplorerPage
{
    private const string Path = "/explorer";

    /// <summary>Adds the explorer, if it may be there.</summary>
    public static bool Add(WebApplicationBuilder builder)
    {
        string[] urls = (builder.Configuration["Urls"] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (urls.Length == 0 || !urls.All(IsLoopback))
            return false;
        builder.Services.AddLogExplorer();
        return true;
    }

    public static void Map(WebApplication app)
    {
        app.UseAntiforgery();
        app.MapLogExplorer(Path);
    }

    private static bool IsLoopback(string url)
        => Uri.TryCreate(url, UriKind.Absolute, out Uri? address)
            && (address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip)));
}
