using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>What a completed operation was for.</summary>
internal enum SocketsNotice
{
    Accepted,
    Connected,

    /// <summary>By a pool thread: a zero-byte receive has completed.</summary>
    Readable,

    /// <summary>Readable as well, by the watcher.</summary>
    Ready,
    Writable,
}

/// <summary>Whatever operations of a <see cref="SocketsEngine"/> belong to.</summary>
internal interface ISocketsTarget
{
    void OnNotice(SocketsNotice notice, INetworkHandler handler);

    /// <summary>The pool will not tell what can be read.</summary>
    void OnStarved();

    void Close();
}

/// <summary>
/// System.Net.Sockets as readiness: a zero-byte receive completes on a pool thread when something can be read, leaves
/// a notice and wakes the command thread, which does all the rest with non-blocking calls. What else there is to wait for, and this too
/// while the pool has no thread to spare, is the <see cref="SocketsWatcher"/>'s.
/// </summary>
internal sealed class SocketsEngine : IDisposable
{
    private const int ResumeAfterMilliseconds = 100;

    private readonly Action _wake;
    private readonly SocketsWatcher _watcher;
    private int _starvationsSeen;

    private readonly ConcurrentQueue<(ISocketsTarget Target, SocketsNotice Notice)> _notices = new();
    private readonly HashSet<ISocketsTarget> _open = [];
    private readonly List<SocketsListener> _paused = [];
    private long _resumeAt;

    public SocketsEngine(Action wake)
    {
        _wake = wake;
        _watcher = new SocketsWatcher(this);
    }

    public SocketsWatcher Watcher => _watcher;

    public ListenResult Listen(ListenOptions options) => SocketsListener.Open(this, options);

    public Connection Connect(EndPoint remote, EndPoint? local) => SocketsConnection.Begin(this, remote, local);

    public void Open(ISocketsTarget target) => _open.Add(target);

    public void Forget(ISocketsTarget target) => _open.Remove(target);

    /// <summary>On a pool thread or the watcher's.</summary>
    public void Complete(ISocketsTarget target, SocketsNotice notice)
    {
        _notices.Enqueue((target, notice));
        _wake();
    }

    /// <summary>The watcher has found out that the pool is starved.</summary>
    public void WakeTurn() => _wake();

    /// <summary>On the command thread: heard in the next turn, which will not wait.</summary>
    public void Repeat(ISocketsTarget target, SocketsNotice notice) => _notices.Enqueue((target, notice));

    /// <summary>The caller's timeout, shortened to the next thing that this engine has to do.</summary>
    public int WaitAtMost(int timeoutMilliseconds)
    {
        if (!_notices.IsEmpty) return 0;
        return _paused.Count > 0 ? (int)Math.Min((uint)timeoutMilliseconds, ResumeAfterMilliseconds) : timeoutMilliseconds;
    }

    public void Turn(INetworkHandler handler)
    {
        // What is noticed meanwhile waits for the next turn, or a busy peer could hold the thread.
        for (var left = _notices.Count; left > 0 && _notices.TryDequeue(out var next); left--) next.Target.OnNotice(next.Notice, handler);
        if (_paused.Count > 0 && Environment.TickCount64 >= _resumeAt) ResumePaused();
        if (_watcher.Starvations != _starvationsSeen) TellOfStarvation();
    }

    private void TellOfStarvation()
    {
        _starvationsSeen = _watcher.Starvations;
        foreach (var target in _open) target.OnStarved();
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

    public void Dispose()
    {
        _watcher.Dispose();
        foreach (var target in _open.ToArray()) target.Close();
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
