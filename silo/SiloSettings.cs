using System.Net;
using System.Net.Sockets;

namespace Actors.Silo;

/// <summary>Where the silo listens: section <c>Silo</c> of the configuration.</summary>
internal sealed record SiloSettings
{
    /// <summary>The silo's address for others: an IP address or a host name. Unless it is loopback, the silo listens on all addresses.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port for other silos.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>The port for clients.</summary>
    public int GatewayPort { get; init; } = 30000;

    public static SiloSettings From(IConfiguration configuration)
    {
        try
        {
            SiloSettings settings = configuration.GetSection("Silo").Get<SiloSettings>() ?? new SiloSettings();
            RequirePort(nameof(SiloPort), settings.SiloPort);
            RequirePort(nameof(GatewayPort), settings.GatewayPort);
            return settings;
        }
        catch (InvalidOperationException e)
        {
            throw new SettingsException($"Section Silo: {e.Message}");
        }
    }

    public IPAddress Address()
    {
        if (IPAddress.TryParse(Host, out IPAddress? address))
            return address;
        try
        {
            return Dns.GetHostAddresses(Host, AddressFamily.InterNetwork).FirstOrDefault()
                ?? throw new SettingsException($"Silo:Host '{Host}' has no IPv4 address.");
        }
        catch (SocketException e)
        {
            throw new SettingsException($"Silo:Host '{Host}' is no address and can't be resolved: {e.Message}");
        }
    }

    private static void RequirePort(string name, int port)
    {
        if (port is < 1 or > 65535)
            throw new SettingsException($"Silo:{name} is {port}; it must be between 1 and 65535.");
    }
}

/// <summary>A setting is wrong; the message is for the operator.</summary>
internal sealed class SettingsException(string message) : Exception(message);
