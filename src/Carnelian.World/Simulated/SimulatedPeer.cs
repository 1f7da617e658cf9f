using System.Net;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// The client's end of a stream in the hands of a test. What it sends goes out as fast as the pipe takes it; what
/// arrives is collected. All of it happens only while time passes.
/// </summary>
public sealed class SimulatedPeer
{
    private const int ReadBytes = 4096;

    private readonly SimulatedConnection _connection;
    private readonly List<byte> _received = [];
    private readonly List<byte> _outbox = [];
    private int _sent;
    private bool _paused, _closing, _pumping;

    internal SimulatedPeer(Simulation simulation, IPEndPoint local, EndPoint remote)
    {
        _connection = new SimulatedConnection(null, local.Port, local, remote, simulation) { Changed = Pump };
        SimulatedListener.Dial(_connection, remote);
    }

    public bool IsConnected => _connection.IsEstablished;

    /// <summary>"Connection refused", "Connection reset by peer"; null while all is well.</summary>
    public string? Error => _connection.Error;

    /// <summary>The server has closed its direction and all of it has been received.</summary>
    public bool HasEnded => _connection.HasEnded;

    /// <summary>"127.0.0.1:49152", as the server sees this client.</summary>
    public string LocalAddress => _connection.LocalAddress;

    /// <summary>All that has come and was not yet taken.</summary>
    public byte[] Received => _received.ToArray();

    /// <summary>Bytes not yet accepted by the connection.</summary>
    public int Unsent => _outbox.Count - _sent;

    /// <summary>While set nothing is read, so that what the server sends piles up: a slow reader.</summary>
    public bool Paused
    {
        get => _paused;
        set
        {
            _paused = value;
            Pump();
        }
    }

    public byte[] TakeReceived()
    {
        var taken = _received.ToArray();
        _received.Clear();
        return taken;
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        _outbox.AddRange(bytes);
        Pump();
    }

    /// <summary>Ends this direction once all is sent; the other stays open.</summary>
    public void CloseWrite()
    {
        _closing = true;
        Pump();
    }

    /// <summary>Closes both directions at once. What the connection has taken still arrives.</summary>
    public void Close() => _connection.Close();

    public void Reset() => _connection.Reset();

    private void Pump()
    {
        // Receiving announces to the other end, which may be a peer's and come back here.
        if (_pumping) return;
        _pumping = true;
        Write();
        if (!_paused) Read();
        _pumping = false;
    }

    private void Write()
    {
        while (_sent < _outbox.Count)
        {
            var n = _connection.Send(CollectionsMarshal.AsSpan(_outbox)[_sent..]);
            if (n <= 0) return;
            _sent += n;
        }
        _outbox.Clear();
        _sent = 0;
        if (_closing && _connection.IsEstablished) _connection.CloseWrite();
    }

    private void Read()
    {
        Span<byte> buffer = stackalloc byte[ReadBytes];
        while (_connection.Receive(buffer) is > 0 and var n) _received.AddRange(buffer[..n]);
    }
}
