using System.Net;

namespace Actors.Silo;

/// <summary>
/// <c>silo health [settings]</c>: asks the silo of this machine, or of this container, whether it is ready. Exit code 0 when it is, 1 when not.
/// A container's health check needs neither a shell nor an HTTP client for it.
/// </summary>
internal static class HealthQuestion
{
    public const string Verb = "health";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <param name="args">The silo's settings, of which only <c>Urls</c> is used.</param>
    public static async Task<int> AskAsync(string[] args)
    {
        ConfigurationManager settings = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory }).Configuration;
        Uri address = new(Listening(settings["Urls"] ?? ""), "/health/ready");
        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using HttpResponseMessage response = await client.GetAsync(address);
            Console.WriteLine(await response.Content.ReadAsStringAsync());
            return response.StatusCode == HttpStatusCode.OK ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            Console.WriteLine($"{address} does not answer: {e.Message}");
            return 1;
        }
    }

    /// <summary>Returns the first address that the silo listens on; all addresses of the machine include loopback.</summary>
    private static Uri Listening(string urls)
    {
        string first = urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "";
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(first);
        }
        catch (FormatException)
        {
            throw new SettingsException($"Urls is '{urls}'; it must name an address to listen on, such as http://127.0.0.1:8080.");
        }

        string host = address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host;
        return new UriBuilder(address.Scheme, host, address.Port).Uri;
    }
}
