using System.Diagnostics;
using System.Net.Sockets;

namespace Carnelian.Tests;

/// <summary>A server that a scenario can be played to.</summary>
internal interface IScenarioTarget : IDisposable
{
    /// <summary>
    /// Sends the bytes and takes what comes back. Connections are numbered; one opens at its first use, and anew after the
    /// server has closed it.
    /// </summary>
    /// <param name="replies">Whole replies to wait for; fewer come only when the server closes the connection.</param>
    /// <returns>The replies as they came, and whether the connection was closed behind them.</returns>
    (byte[] Replies, bool Closed) Exchange(int connection, ReadOnlySpan<byte> request, int replies);

    /// <summary>Closes all connections: their numbers mean new ones from now on.</summary>
    void Disconnect();

    /// <summary>Lets time pass for the server: truly, or by its simulated clock.</summary>
    void Wait(int milliseconds);
}

/// <summary>A server that listens on loopback.</summary>
internal sealed class TcpTarget(string host, int port) : IScenarioTarget
{
    private readonly Dictionary<int, TcpClient> _connections = [];

    public (byte[] Replies, bool Closed) Exchange(int connection, ReadOnlySpan<byte> request, int replies)
    {
        if (!_connections.TryGetValue(connection, out var client)) _connections.Add(connection, client = new TcpClient(host, port) { NoDelay = true });
        client.ReceiveTimeout = (int)Patience.OfPrograms.TotalMilliseconds;
        var received = new MemoryStream();
        var closed = !Send(client, request) | !Receive(client, received, replies);
        if (closed && _connections.Remove(connection)) client.Dispose();
        return (received.ToArray(), closed);
    }

    /// <summary>Asks the server for its time until so much of it has passed.</summary>
    public void Wait(int milliseconds)
    {
        for (var end = Microseconds() + milliseconds * 1000L; Microseconds() < end;) { }
    }

    private long Microseconds()
    {
        // A connection of its own, which no scenario numbers.
        var time = RespValue.Read(Exchange(-1, "*1\r\n$4\r\nTIME\r\n"u8, 1).Replies, out _)!.Items;
        return long.Parse(time[0].Text!) * 1_000_000 + long.Parse(time[1].Text!);
    }

    public void Disconnect()
    {
        foreach (var client in _connections.Values) client.Dispose();
        _connections.Clear();
    }

    public void Dispose() => Disconnect();

    private static bool Send(TcpClient client, ReadOnlySpan<byte> request)
    {
        try
        {
            client.GetStream().Write(request);
            return true;
        }
        catch (IOException)
        {
            return false; // Closed before it took all: what it said first still waits to be read.
        }
    }

    private static bool Receive(TcpClient client, MemoryStream received, int replies)
    {
        var buffer = new byte[16 * 1024];
        var parsed = 0;
        var watch = Stopwatch.StartNew();
        while (true)
        {
            while (replies > 0 && Reply.Read(received.GetBuffer().AsSpan(parsed, (int)received.Length - parsed), out var length) is not null)
            {
                parsed += length;
                replies--;
            }
            if (replies == 0) return true;
            if (watch.Elapsed > Patience.OfPrograms) throw new TimeoutException("the server is still talking");
            try
            {
                var count = client.GetStream().Read(buffer);
                if (count == 0) return false;
                received.Write(buffer, 0, count);
            }
            catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
            {
                return false;
            }
            catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock })
            {
                throw new TimeoutException($"{replies} more replies expected; so far: {System.Text.Encoding.Latin1.GetString(received.ToArray())}");
            }
        }
    }
}
