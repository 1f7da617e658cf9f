using System.Net;
using RedLockNet;
using RedLockNet.SERedis;
using RedLockNet.SERedis.Configuration;
using StackExchange.Redis;

public sealed class MajorityLocks : IDisposable
{
    private readonly List<RedLockMultiplexer> _servers;
    private readonly RedLockFactory _factory;

    /// <param name="servers">An odd number of independent ones: no replicas of each other.</param>
    public MajorityLocks(IEnumerable<EndPoint> servers)
    {
        _servers = [.. servers.Select(Connect)];
        _factory = RedLockFactory.Create(_servers);
    }

    /// <summary>Asks for a lock: IsAcquired says whether it is held, and still is. Dispose gives it back; it outlives the process by a lease at most.</summary>
    /// <param name="patience">How long to wait for another's end.</param>
    public IRedLock Take(string name, TimeSpan lease, TimeSpan patience) => _factory.CreateLock(name, lease, patience, retryTime: TimeSpan.FromMilliseconds(20));

    public void Dispose()
    {
        _factory.Dispose();
        foreach (var server in _servers) server.ConnectionMultiplexer.Dispose();
    }

    // A server that is down says no at once: as a rule commands wait for the connection to come back, and each such wait counts against the lease.
    private static RedLockMultiplexer Connect(EndPoint server) => ConnectionMultiplexer.Connect(new ConfigurationOptions
    {
        EndPoints = { server },
        AbortOnConnectFail = false,
        BacklogPolicy = BacklogPolicy.FailFast,
    });
}
