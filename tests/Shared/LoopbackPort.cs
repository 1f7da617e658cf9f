using System.Net;
using System.Net.Sockets;

namespace Carnelian.Tests;

/// <summary>Ports for servers that are told theirs at their start.</summary>
internal static class LoopbackPort
{
    /// <summary>Below those that systems give to outgoing connections and to who asks for any.</summary>
    private const int First = 20_000, End = 32_000;

    /// <summary>Each holds the UDP port of the number that a test was given, until the process ends: so no other test process can be given the same.</summary>
    private static readonly List<Socket> _claims = [];

    /// <summary>One that nobody listens on, and no other test will.</summary>
    public static int Claim()
    {
        var start = Random.Shared.Next(First, End);
        for (var i = 0; i < End - First; i++)
        {
            var port = First + (start - First + i) % (End - First);
            var claim = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            if (TryBind(claim, port) && TryBind(listener, port))
            {
                lock (_claims) _claims.Add(claim);
                return port;
            }
            claim.Dispose();
        }
        throw new InvalidOperationException($"no port from {First} to {End} is free");
    }

    private static bool TryBind(Socket socket, int port)
    {
        try
        {
            // On all addresses, since some servers listen on all.
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
