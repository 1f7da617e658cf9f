using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>
/// A thread of the engine's own that waits for what must not depend on the application: peers that want to connect, connections that can
/// be written again, outgoing ones that are established. And it looks whether threads of the pool, which tell what can be read, come to
/// run at all. While the application blocks them all, it waits for every connection that is to be read, too.
/// </summary>
/// <remarks>
/// Each wait costs half a microsecond for every socket watched: usually the listeners and some slow readers, so it is short. While the
/// pool is starved it is all connections. Measured, 5,000 of them, one PING after the other: 6 ms each, for two waits, instead of 0.4; many
/// at once share their waits. Always to do without the pool would cost that always, where now thousands of idle connections are free.
/// </remarks>
internal sealed class SocketsWatcher : IThreadPoolWorkItem, IDisposable
{
    /// <summary>A pool that has not run something short within this time is starved.</summary>
    private const int StarvedAfterMs = 100;

    /// <summary>What .NET waits for at a time, less some for the sockets that belong to the watcher.</summary>
    private const int WatchedMax = 65_000;

    private readonly SocketsEngine _engine;
    private readonly Thread _thread;
    private readonly Socket _wake;
    private readonly object _gate = new();

    // Under the lock.
    private readonly Dictionary<Socket, (ISocketsTarget Target, SocketsNotice Notice)> _reads = [], _writes = [];
    private readonly Queue<Socket> _condemned = new();
    private bool _isWaiting, _isWoken, _isEnding;
    private long _waits;

    // The thread's.
    private readonly List<Socket> _toRead = [], _toWrite = [], _toFail = [];
    private readonly byte[] _scrap = new byte[64];
    private long _probeSentMs;

    private long _probeBackMs;
    private volatile int _starvations;
    private volatile bool _isStarved;

    public SocketsWatcher(SocketsEngine engine)
    {
        _engine = engine;
        _wake = OpenWake();
        SendProbe();
        _thread = new Thread(Run) { IsBackground = true, Name = "carnelian sockets" };
        _thread.Start();
    }

    /// <summary>Nobody tells what can be read but the watcher.</summary>
    public bool IsStarved => _isStarved;

    /// <summary>How often the pool has been found starved: when that changes, the watcher does not know yet what is to be read.</summary>
    public int Starvations => _starvations;

    /// <summary>A datagram socket that is connected to itself: what .NET can wait for, and write to, on any system.</summary>
    private static Socket OpenWake()
    {
        var address = Socket.OSSupportsIPv4 ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        socket.Connect(socket.LocalEndPoint!);
        socket.Blocking = false;
        return socket;
    }

    /// <summary>Gives notice once, when the socket is ready for it. Command thread.</summary>
    public void Watch(Socket socket, ISocketsTarget target, SocketsNotice notice)
    {
        lock (_gate)
        {
            var watched = notice is SocketsNotice.Accepted or SocketsNotice.Ready ? _reads : _writes;
            watched[socket] = (target, notice);
            Wake();
        }
    }

    /// <summary>Closes a connection's socket, which the thread may be waiting for at this moment: then it closes it itself, a little later.</summary>
    public void Close(Socket socket)
    {
        lock (_gate)
        {
            if (Forget(socket) && _isWaiting)
            {
                _condemned.Enqueue(socket);
                Wake();
                return;
            }
        }
        socket.Dispose();
    }

    /// <summary>Returns when the thread does not wait for the socket any more.</summary>
    public void Release(Socket socket)
    {
        lock (_gate)
        {
            if (!Forget(socket)) return;
            Wake();
            for (var wait = _waits; _isWaiting && wait == _waits;) Monitor.Wait(_gate);
        }
    }

    private bool Forget(Socket socket) => _reads.Remove(socket) | _writes.Remove(socket);

    /// <summary>Ends the present wait, once however often it is called.</summary>
    private void Wake()
    {
        if (!_isWaiting || _isWoken) return;
        _isWoken = true;
        _wake.Send([1], SocketFlags.None, out _);
    }

    private void Run()
    {
        while (BeginWait())
        {
            Socket.Select(_toRead, _toWrite, _toFail, TimeSpan.FromMilliseconds(StarvedAfterMs));
            EndWait();
            LookAfterPool();
        }
    }

    private bool BeginWait()
    {
        lock (_gate)
        {
            while (_condemned.TryDequeue(out var socket)) socket.Dispose();
            if (_isEnding) return false;
            _toRead.Clear();
            _toWrite.Clear();
            _toFail.Clear();
            _toRead.Add(_wake);
            foreach (var socket in _writes.Keys)
            {
                if (_toWrite.Count >= WatchedMax) break;
                _toWrite.Add(socket);
                // Windows reports a connection that was refused as an exception of the socket.
                _toFail.Add(socket);
            }
            foreach (var socket in _reads.Keys)
            {
                if (_toRead.Count >= WatchedMax) break;
                _toRead.Add(socket);
            }
            _isWaiting = true;
            return true;
        }
    }

    private void EndWait()
    {
        lock (_gate)
        {
            _isWaiting = false;
            _waits++;
            Monitor.PulseAll(_gate);
            foreach (var socket in _toRead)
            {
                if (socket == _wake) TakeWake();
                else Tell(_reads, socket);
            }
            foreach (var socket in _toWrite) Tell(_writes, socket);
            foreach (var socket in _toFail) Tell(_writes, socket);
        }
    }

    private void TakeWake()
    {
        _wake.Receive(_scrap, SocketFlags.None, out _);
        _isWoken = false;
    }

    private void Tell(Dictionary<Socket, (ISocketsTarget Target, SocketsNotice Notice)> watched, Socket socket)
    {
        if (watched.Remove(socket, out var watch)) _engine.Complete(watch.Target, watch.Notice);
    }

    // ---- the pool

    private void SendProbe()
    {
        Volatile.Write(ref _probeBackMs, 0);
        _probeSentMs = Environment.TickCount64;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>The probe, on a pool thread.</summary>
    void IThreadPoolWorkItem.Execute() => Volatile.Write(ref _probeBackMs, Math.Max(1, Environment.TickCount64));

    private void LookAfterPool()
    {
        var nowMs = Environment.TickCount64;
        var backMs = Volatile.Read(ref _probeBackMs);
        if ((backMs == 0 ? nowMs : backMs) - _probeSentMs >= StarvedAfterMs) BeginStarvation();
        else if (backMs != 0) EndStarvation();
        if (backMs != 0 && nowMs - _probeSentMs >= StarvedAfterMs) SendProbe();
    }

    private void BeginStarvation()
    {
        if (_isStarved) return;
        _isStarved = true;
        _starvations++;
        _engine.WakeTurn();
    }

    private void EndStarvation()
    {
        if (!_isStarved) return;
        _isStarved = false;
        lock (_gate)
        {
            foreach (var (socket, watch) in _reads)
            {
                // Removing is allowed here, and the connection asks again if the pool is starved again.
                if (watch.Notice == SocketsNotice.Ready) _reads.Remove(socket);
            }
        }
    }

    /// <summary>Ends the thread. What is closed later is closed at once.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnding = true;
            Wake();
        }
        _thread.Join();
        _wake.Dispose();
    }
}
