using System.Net;
using System.Net.Sockets;

namespace Actors.Testing;

/// <summary>Unused ports of loopback.</summary>
public static class FreePorts
{
    public static int One() => Take(1)[0];

    /// <summary>Returns a number of different ports.</summary>
    public static int[] Take(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        try
        {
            foreach (TcpListener listener in listeners)
                listener.Start();
            return [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (TcpListener listener in listeners)
                listener.Dispose();
        }
    }
}
