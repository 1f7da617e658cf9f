using System.Globalization;

namespace Carnelian.Tests;

/// <summary>The server that is compared with the recordings: a fresh one in this process, or the one that CARNELIAN_CANDIDATE names as host:port.</summary>
internal static class Candidate
{
    public static IScenarioTarget Open()
    {
        if (Environment.GetEnvironmentVariable("CARNELIAN_CANDIDATE") is not { Length: > 0 } address) return new EmbeddedTarget();
        var colon = address.LastIndexOf(':');
        return new TcpTarget(address[..colon], int.Parse(address.AsSpan(colon + 1), CultureInfo.InvariantCulture));
    }

    private sealed class EmbeddedTarget : IScenarioTarget
    {
        private readonly EmbeddedServer _server;
        private readonly TcpTarget _target;

        public EmbeddedTarget()
        {
            _server = EmbeddedServer.Start(new ServerOptions
            {
                AnyPort = true,
                Bind = ["127.0.0.1"],
                DebugCommand = ProtectedAction.Yes,
                Memory = new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30 },
            });
            _target = new TcpTarget("127.0.0.1", _server.Port);
        }

        public (byte[] Replies, bool Closed) Exchange(int connection, ReadOnlySpan<byte> request, int replies) =>
            _target.Exchange(connection, request, replies);

        public void Disconnect() => _target.Disconnect();

        public void Wait(int milliseconds) => _target.Wait(milliseconds);

        public void Dispose()
        {
            _target.Dispose();
            _server.Dispose();
        }
    }
}
