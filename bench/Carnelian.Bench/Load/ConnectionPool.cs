namespace Carnelian;

/// <summary>Many open connections, each answered once, so that the server has accepted and set up every one.</summary>
internal sealed class ConnectionPool : IDisposable
{
    // A PING and its reply fit; ten thousand of them must not fill this process's memory.
    private const int BufferBytes = 64;
    private const int OwnDescriptors = 500;

    private readonly List<RespConnection> _connections = [];

    public ConnectionPool(ServerUnderTest server, int count, int bufferBytes = BufferBytes)
    {
        try
        {
            for (var i = 0; i < count; i++)
            {
                var connection = new RespConnection(server.Port, bufferBytes);
                _connections.Add(connection);
                connection.Call("PING");
            }
        }
        catch (MeasurementFailed e)
        {
            var opened = _connections.Count;
            Dispose();
            throw new MeasurementFailed($"connection {opened} of {count}: {e.Message}");
        }
    }

    public IReadOnlyList<RespConnection> Connections => _connections;

    /// <summary>To be called before the server starts: it inherits the limit.</summary>
    public static void AllowFor(int connections) => OperatingSystemCalls.AllowOpenFiles(connections + ClientsBeyond + OwnDescriptors);

    /// <summary>How many more clients a server is told to expect than the pool opens.</summary>
    public const int ClientsBeyond = 1000;

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
        _connections.Clear();
    }
}
