using System.Net;

namespace Carnelian;

/// <summary>Two engines behind one wait: epoll where there is Linux, .NET's sockets everywhere.</summary>
internal sealed class RealNetwork : Network, IDisposable
{
    private readonly NetworkEngine _default;
    private readonly EpollEngine? _epoll;

    public RealNetwork(NetworkEngine engine)
    {
        if (OperatingSystem.IsLinux()) _epoll = new EpollEngine();
        _default = engine != NetworkEngine.Default ? engine : _epoll is null ? NetworkEngine.Sockets : NetworkEngine.Epoll;
    }

    public override ListenResult Listen(ListenOptions options) => _epoll!.Listen(options);

    public override Connection Connect(EndPoint remote, EndPoint? local = null) => _epoll!.Connect(remote, local);

    public override void Turn(INetworkHandler handler, int timeoutMilliseconds) => _epoll!.Turn(handler, timeoutMilliseconds);

    public override void Wake() => _epoll!.Wake();

    public void Dispose() => _epoll?.Dispose();
}
