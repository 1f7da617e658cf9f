using System.Net;
using System.Net.Sockets;

namespace Carnelian.Tests;

/// <summary>A blocking client over a real socket.</summary>
internal sealed class SocketClient : IDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[4096];
    private int _start, _end;

    public SocketClient(EndPoint address)
    {
        var patienceMs = (int)Patience.OfPrograms.TotalMilliseconds;
        _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = patienceMs, SendTimeout = patienceMs };
        _socket.Connect(address);
        if (address is IPEndPoint) _socket.NoDelay = true;
    }

    public Socket Socket => _socket;

    public string Run(params string[] arguments)
    {
        Send(TestClient.Request(arguments));
        return TestReply.Show(Read());
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
    }

    public RespValue Read()
    {
        while (true)
        {
            if (RespValue.Read(_buffer.AsSpan(_start, _end - _start), out var length) is { } value)
            {
                _start += length;
                if (_start == _end) _start = _end = 0;
                return value;
            }
            if (_end == _buffer.Length) Array.Resize(ref _buffer, 2 * _buffer.Length);
            var received = _socket.Receive(_buffer.AsSpan(_end));
            if (received == 0) throw new EndOfStreamException();
            _end += received;
        }
    }

    /// <summary>Whether the server has closed the connection, all that it sent being read.</summary>
    public bool ReadsEnd() => _socket.Receive(_buffer) == 0;

    public void Dispose() => _socket.Dispose();
}
