using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>What a completed operation was for.</summary>
internal enum SocketsNotice
{
    Accepted,
    Connected,
    Readable,
    Writable,
    Sent,
}

/// <summary>Whatever operations of a <see cref="SocketsEngine"/> belong to.</summary>
internal interface ISocketsTarget
{
    void OnNotice(SocketsNotice notice, INetworkHandler handler);

    void Close();
}

/// <summary>
/// System.Net.Sockets as readiness: a zero-byte receive completes on a pool thread when something can be read, leaves
/// a notice and wakes the command thread, which does all the rest with non-blocking calls.
/// </summary>
internal sealed class SocketsEngine(Action wake) : IDisposable
{
    private const int ResumeAfterMilliseconds = 100, LingerMilliseconds = 5000;

    private readonly ConcurrentQueue<(ISocketsTarget Target, SocketsNotice Notice)> _notices = new();
    private readonly HashSet<ISocketsTarget> _open = [];
    private readonly List<SocketsListener> _paused = [];
    private readonly List<(SocketsConnection Connection, long Until)> _lingering = [];
    private long _resumeAt;

    public ListenResult Listen(ListenOptions options) => SocketsListener.Open(this, options);

    public Connection Connect(EndPoint remote, EndPoint? local) => SocketsConnection.Begin(this, remote, local);

    public void Open(ISocketsTarget target) => _open.Add(target);

    public void Forget(ISocketsTarget target) => _open.Remove(target);

    /// <summary>On a pool thread.</summary>
    public void Complete(ISocketsTarget target, SocketsNotice notice)
    {
        _notices.Enqueue((target, notice));
        wake();
    }

    /// <summary>On the command thread: heard in the next turn, which will not wait.</summary>
    public void Repeat(ISocketsTarget target, SocketsNotice notice) => _notices.Enqueue((target, notice));

    /// <summary>The caller's timeout, shortened to the next thing that this engine has to do.</summary>
    public int WaitAtMost(int timeoutMilliseconds)
    {
        if (!_notices.IsEmpty) return 0;
        var bound = _paused.Count > 0 ? ResumeAfterMilliseconds : _lingering.Count > 0 ? LingerMilliseconds : int.MaxValue;
        return timeoutMilliseconds < 0 && bound == int.MaxValue ? timeoutMilliseconds : (int)Math.Min((uint)timeoutMilliseconds, (uint)bound);
    }

    public void Turn(INetworkHandler handler)
    {
        // What is noticed meanwhile waits for the next turn, or a busy peer could hold the thread.
        for (var left = _notices.Count; left > 0 && _notices.TryDequeue(out var next); left--) next.Target.OnNotice(next.Notice, handler);
        if (_paused.Count > 0 && Environment.TickCount64 >= _resumeAt) ResumePaused();
        if (_lingering.Count > 0) EndLingering();
    }

    public void ResumeLater(SocketsListener listener)
    {
        _paused.Add(listener);
        _resumeAt = Environment.TickCount64 + ResumeAfterMilliseconds;
    }

    private void ResumePaused()
    {
        foreach (var listener in _paused) Repeat(listener, SocketsNotice.Accepted);
        _paused.Clear();
    }

    /// <summary>Keeps a closed connection whose last bytes are still with us, as the kernel does with those it holds.</summary>
    public void Linger(SocketsConnection connection) => _lingering.Add((connection, Environment.TickCount64 + LingerMilliseconds));

    private void EndLingering()
    {
        var now = Environment.TickCount64;
        for (var i = _lingering.Count - 1; i >= 0; i--)
        {
            var (connection, until) = _lingering[i];
            if (now >= until) connection.Release();
            if (connection.IsReleased) _lingering.RemoveAt(i);
        }
    }

    public void Dispose()
    {
        foreach (var target in _open.ToArray()) target.Close();
        foreach (var (connection, _) in _lingering) connection.Release();
    }

    /// <summary>The operating system's text for an error, where .NET knows it.</summary>
    public static string TextOf(SocketError error) => new SocketException((int)error).Message;

    /// <summary>As <see cref="Connection.RemoteAddress"/> shows it.</summary>
    public static string Show(EndPoint? address) => address switch
    {
        null => "?:0",
        UnixDomainSocketEndPoint => $"{address}:0",
        _ => address.ToString()!,
    };

    public static void SetKeepAlive(Socket socket, int seconds)
    {
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, seconds > 0);
            if (seconds <= 0) return;
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Math.Max(1, seconds / 3));
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        }
        catch (SocketException)
        {
            // The peer has reset the connection meanwhile, or the system cannot tune this; both show themselves later.
        }
    }
}

/// <summary>An operation that tells its target's engine when it has completed on a pool thread, without carrying an execution context there.</summary>
internal sealed class SocketsOperation(SocketsEngine engine, ISocketsTarget target, SocketsNotice notice) : SocketAsyncEventArgs(true)
{
    protected override void OnCompleted(SocketAsyncEventArgs e) => engine.Complete(target, notice);
}
