using System.Globalization;
using System.Net;

namespace Actors.Reliability.Machines;

/// <summary>
/// A private network of simulated machines: network namespaces, one per silo and one in the middle. Each silo has a link
/// to the middle.
/// </summary>
internal sealed class Network : IDisposable
{
    private const string Bridge = "bridge0";

    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"actors-{Environment.ProcessId}");
    private readonly int _silos;

    private Network(int silos) => _silos = silos;

    public static IPAddress MiddleAddress => IPAddress.Parse("10.77.0.254");

    public string Middle => $"{_name}-middle";

    /// <summary>The name of a silo's machine; {0} stands for the silo's number.</summary>
    public string SiloPattern => $"{_name}-{{0}}";

    public static Network Create(int silos)
    {
        var network = new Network(silos);
        try
        {
            network.AddMiddle();
            for (int silo = 1; silo <= silos; silo++)
                network.AddSilo(silo);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Returns the command that runs a program on a machine. <c>ip netns exec</c> would copy all mounts into it, and so keep disks
    /// mounted whose power is cut meanwhile.
    /// </summary>
    public static IReadOnlyList<string> On(string machine) => ["nsenter", $"--net=/run/netns/{machine}"];

    public static IPAddress AddressOf(int silo) => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.77.0.{silo}"));

    /// <summary>Cuts a silo's link: packets under way are lost, and neither side is notified.</summary>
    public void Cut(int silo) => Ip(Middle, "link", "set", Cable(silo), "down");

    public void Join(int silo) => Ip(Middle, "link", "set", Cable(silo), "up");

    public void Dispose()
    {
        foreach (string machine in (string[])[Middle, .. Enumerable.Range(1, _silos).Select(Machine)])
        {
            try
            {
                Shell.Run("ip", "netns", "delete", machine);
            }
            catch (InvalidOperationException)
            {
                // The machine was not created.
            }
        }
    }

    private void AddMiddle()
    {
        Shell.Run("ip", "netns", "add", Middle);
        Ip(Middle, "link", "set", "lo", "up");
        Ip(Middle, "link", "add", Bridge, "type", "bridge");
        Ip(Middle, "address", "add", $"{MiddleAddress}/24", "dev", Bridge);
        Ip(Middle, "link", "set", Bridge, "up");
    }

    private void AddSilo(int silo)
    {
        Shell.Run("ip", "netns", "add", Machine(silo));
        Ip(Machine(silo), "link", "set", "lo", "up");
        Ip(Middle, "link", "add", Cable(silo), "type", "veth", "peer", "name", "eth0", "netns", Machine(silo));
        Ip(Machine(silo), "address", "add", $"{AddressOf(silo)}/24", "dev", "eth0");
        Ip(Machine(silo), "link", "set", "eth0", "up");
        Ip(Middle, "link", "set", Cable(silo), "master", Bridge, "up");
    }

    private string Machine(int silo) => SiloPattern.Replace("{0}", silo.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static string Cable(int silo) => string.Create(CultureInfo.InvariantCulture, $"cable{silo}");

    private static void Ip(string machine, params string[] arguments)
    {
        string[] command = [.. On(machine), "ip", .. arguments];
        Shell.Run(command[0], command[1..]);
    }
}
