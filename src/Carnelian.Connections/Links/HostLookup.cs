using System.Net;

namespace Carnelian;

/// <summary>Asks for a host's addresses, which may take as long as name servers do.</summary>
/// <param name="found">Told on the command thread; of an unknown name, that there are none.</param>
internal sealed class HostLookup(Network network, string host, Action<IPAddress[]> found) : WorkerJob
{
    private IPAddress[] _addresses = [];

    public override void Run() => _addresses = network.Resolve(host);

    public override void Completed() => found(_addresses);
}
