using System.Net;
using System.Net.Sockets;

namespace Actors.Testing;

/// <summary>A proxy between a store and its server that can cut or refuse connections, drop or garble an answer, and delay all data.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private static readonly byte[] PoolerError = [(byte)'E', 0, 0, 0, 41, .. "SFATAL\0C08P01\0Mserver conn crashed?\0\0"u8];

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _serverPort;
    private readonly CancellationTokenSource _closing = new();
    private readonly List<TcpClient> _open = [];
    private readonly Task _accepting;
    private int _untilDropped;
    private int _garbleAfter = -1;

    public CuttingProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The number of dropped answers.</summary>
    public int Dropped { get; private set; }

    /// <summary>Whether the last answer to be garbled was longer than the part that was passed on.</summary>
    public bool Garbled { get; private set; }

    /// <summary>Whether new connections are refused.</summary>
    public bool Refuses { get; set; }

    /// <summary>The longest delay. Each piece of data in either direction gets a random delay up to it.</summary>
    public TimeSpan MostDelay { get; set; }

    /// <summary>Drops the server's next answer and cuts its connection.</summary>
    public void DropNextAnswer() => DropAnswer(1);

    /// <summary>Drops one of the server's next answers and cuts its connection.</summary>
    /// <param name="number">The number of the answer, from 1.</param>
    public void DropAnswer(int number) => Volatile.Write(ref _untilDropped, number);

    /// <summary>
    /// Passes some bytes of the next answer on, and an error of a pooler in place of the rest, as PgBouncer does when its session ends
    /// in the middle of an answer. Then the connection ends.
    /// </summary>
    public void GarbleNextAnswer(int afterBytes) => Volatile.Write(ref _garbleAfter, afterBytes);

    public void CutAll()
    {
        lock (_open)
        {
            foreach (TcpClient client in _open)
                client.Close();
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        CutAll();
        await _accepting;
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_closing.Token);
                if (Refuses)
                {
                    client.Close();
                    continue;
                }

                if (await ConnectAsync() is not { } server)
                {
                    client.Close();
                    continue;
                }

                lock (_open)
                    _open.AddRange([client, server]);
                _ = PumpAsync(client, server, isAnswer: false);
                _ = PumpAsync(server, client, isAnswer: true);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy is being closed.
        }
    }

    /// <summary>Connects to the server; null while it is down.</summary>
    private async Task<TcpClient?> ConnectAsync()
    {
        var server = new TcpClient();
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _serverPort, _closing.Token);
            return server;
        }
        catch (SocketException)
        {
            server.Dispose();
            return null;
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, bool isAnswer)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is var count and > 0)
            {
                if (isAnswer && Volatile.Read(ref _untilDropped) > 0 && Interlocked.Decrement(ref _untilDropped) == 0)
                {
                    Dropped++;
                    break;
                }

                if (isAnswer && Interlocked.Exchange(ref _garbleAfter, -1) is var through and >= 0)
                {
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, Math.Min(through, count)));
                    await to.GetStream().WriteAsync(PoolerError);
                    Garbled = through < count;
                    break;
                }

                if (MostDelay is { Ticks: > 0 } most)
                    await Task.Delay(most * Random.Shared.NextDouble(), TimeProvider.System, _closing.Token);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The connection was cut.
        }

        from.Close();
        to.Close();
    }
}
