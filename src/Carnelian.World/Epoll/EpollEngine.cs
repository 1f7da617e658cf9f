using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>Whatever an <see cref="EpollEngine"/> watches.</summary>
internal interface IEpollTarget
{
    void OnEvents(uint events, INetworkHandler handler);

    void Close();
}

/// <summary>
/// Level-triggered epoll on the command thread. An event carries the index of its target in a dense table and the
/// generation of that place, so an event of a closed connection never reaches the next owner of the place or descriptor.
/// </summary>
internal sealed unsafe class EpollEngine : IEpollTarget, IDisposable
{
    /// <summary>More wait for the next turn; the kernel hands them out in rotation.</summary>
    private const int EventsPerTurn = 1024;

    private const int ResumeAfterMilliseconds = 100;

    /// <summary>struct epoll_event: u32 events, u64 data; packed on x64 only, as its ABI wants.</summary>
    private static readonly int EventDataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private struct Place
    {
        public IEpollTarget? Target;
        public uint Generation;
        public int NextFree;
    }

    private readonly int _epoll;
    private readonly Lock _wakeLock = new();
    private readonly List<EpollListener> _paused = [];
    private readonly List<EpollConnection> _stillborn = [];
    private Place[] _places = new Place[64];
    private int _placesUsed;
    private int _firstFree = -1;
    private int _wake;
    private int _wakePending;
    private long _resumeAt;

    public EpollEngine()
    {
        _epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        _wake = Libc.eventfd(0, Libc.EFD_NONBLOCK | Libc.EFD_CLOEXEC);
        if (_epoll < 0 || _wake < 0) throw new IOException($"Cannot set up epoll: {Libc.ErrorText(Libc.Errno)}");
        Check.That(Add(this, _wake, Libc.EPOLLIN) >= 0);
    }

    public ListenResult Listen(ListenOptions options) => EpollListener.Open(this, options);

    /// <remarks>May be entered again from a callback: the events are on the stack, and a stale one is at worst a needless look.</remarks>
    [SkipLocalsInit]
    public void Turn(INetworkHandler handler, int timeoutMilliseconds)
    {
        timeoutMilliseconds = ReportLate(handler, timeoutMilliseconds);
        var stride = EventDataOffset + sizeof(ulong);
        var events = stackalloc byte[EventsPerTurn * 16];
        // Interrupted counts as nothing ready; the caller has a loop.
        var count = Libc.epoll_wait(_epoll, events, EventsPerTurn, timeoutMilliseconds);
        for (var end = events + count * stride; events < end; events += stride)
        {
            var data = Unsafe.ReadUnaligned<ulong>(events + EventDataOffset);
            ref var place = ref _places[(uint)data];
            if (place.Generation == (uint)(data >> 32)) place.Target?.OnEvents(Unsafe.ReadUnaligned<uint>(events), handler);
        }
    }

    /// <summary>What no descriptor tells: connections that failed at once, and listeners whose pause is over.</summary>
    /// <returns>How long the turn may wait.</returns>
    private int ReportLate(INetworkHandler handler, int timeoutMilliseconds)
    {
        for (var i = _stillborn.Count - 1; i >= 0; i--)
        {
            if (i >= _stillborn.Count) continue;
            IEpollTarget connection = _stillborn[i];
            connection.OnEvents(Libc.EPOLLERR, handler);
            timeoutMilliseconds = 0;
        }
        if (_paused.Count == 0) return timeoutMilliseconds;
        var left = _resumeAt - Environment.TickCount64;
        if (left > 0) return timeoutMilliseconds < 0 ? (int)left : Math.Min(timeoutMilliseconds, (int)left);
        foreach (var listener in _paused) listener.Resume();
        _paused.Clear();
        return timeoutMilliseconds;
    }

    public void ResumeLater(EpollListener listener)
    {
        _paused.Add(listener);
        _resumeAt = Environment.TickCount64 + ResumeAfterMilliseconds;
    }

    public void Wake()
    {
        // One write per turn is enough, however many threads call.
        if (Interlocked.Exchange(ref _wakePending, 1) != 0) return;
        lock (_wakeLock)
        {
            var one = 1ul;
            if (_wake >= 0) Libc.write(_wake, &one, sizeof(ulong));
        }
    }

    /// <summary>The eventfd. Emptied first, flagged second: whoever wakes in between is seen by the caller of this turn.</summary>
    void IEpollTarget.OnEvents(uint events, INetworkHandler handler)
    {
        ulong count;
        Libc.read(_wake, &count, sizeof(ulong));
        Interlocked.Exchange(ref _wakePending, 0);
    }

    /// <summary>Begins to connect. What fails at once is reported by the next turn like what fails later.</summary>
    public EpollConnection Connect(EndPoint remote, EndPoint? local)
    {
        var family = SocketName.FamilyOf(remote);
        Span<byte> name = stackalloc byte[SocketName.NativeBytesMax];
        var length = SocketName.Write(remote, name);
        var descriptor = length == 0 ? -1 : Libc.socket(family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        var errno = length == 0 ? Libc.EAFNOSUPPORT : descriptor < 0 ? Libc.Errno : 0;
        if (errno == 0) errno = BeginConnect(descriptor, name[..length], local);
        var unixAddress = remote is UnixDomainSocketEndPoint ? $"{remote}:0" : null;
        var connection = new EpollConnection(this, descriptor, SocketName.Read(name[..length]), unixAddress, errno);
        if (errno == 0) connection.Slot = Add(connection, descriptor, Libc.EPOLLOUT);
        if (connection.Slot >= 0) return connection;
        connection.Fail(errno != 0 ? errno : -connection.Slot);
        _stillborn.Add(connection);
        return connection;
    }

    private static int BeginConnect(int descriptor, ReadOnlySpan<byte> remote, EndPoint? local)
    {
        if (BitConverter.ToUInt16(remote) != Libc.AF_UNIX) Libc.SetOption(descriptor, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        if (local is not null)
        {
            Span<byte> name = stackalloc byte[SocketName.NativeBytesMax];
            var length = SocketName.Write(local, name);
            Libc.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
            fixed (byte* start = name)
            {
                if (Libc.bind(descriptor, start, (uint)length) < 0) return Libc.Errno;
            }
        }
        fixed (byte* start = remote)
        {
            if (Libc.connect(descriptor, start, (uint)remote.Length) == 0) return 0;
        }
        return Libc.Errno is var errno && errno is Libc.EINPROGRESS or Libc.EINTR ? 0 : errno;
    }

    /// <summary>Watches a descriptor.</summary>
    /// <returns>Its place, or the negative errno when the kernel has no memory for it.</returns>
    public int Add(IEpollTarget target, int descriptor, uint interest)
    {
        var slot = _firstFree;
        if (slot < 0)
        {
            if (_placesUsed == _places.Length) Array.Resize(ref _places, _places.Length * 2);
            slot = _placesUsed++;
        }
        else
        {
            _firstFree = _places[slot].NextFree;
        }
        _places[slot].Target = target;
        if (Control(Libc.EPOLL_CTL_ADD, descriptor, slot, interest)) return slot;
        var errno = Libc.Errno;
        Remove(slot);
        return -errno;
    }

    /// <summary>
    /// Changes what is waited for. Epoll reports errors and hang-ups even to who wants nothing; edge-triggered it does
    /// so once only, so a connection that nobody watches cannot keep the loop awake, and changing back cannot fail.
    /// </summary>
    public void Rewatch(int descriptor, int slot, uint interest)
    {
        var changed = Control(Libc.EPOLL_CTL_MOD, descriptor, slot, interest == 0 ? Libc.EPOLLET : interest);
        Check.That(changed);
    }

    private bool Control(int operation, int descriptor, int slot, uint interest)
    {
        var epollEvent = stackalloc byte[16];
        Unsafe.WriteUnaligned(epollEvent, interest);
        Unsafe.WriteUnaligned(epollEvent + EventDataOffset, (ulong)_places[slot].Generation << 32 | (uint)slot);
        return Libc.epoll_ctl(_epoll, operation, descriptor, epollEvent) == 0;
    }

    /// <summary>Frees a place; closing the descriptor takes it out of the epoll set.</summary>
    public void Remove(int slot)
    {
        ref var place = ref _places[slot];
        Check.That(place.Target is not null);
        place.Target = null;
        place.Generation++;
        place.NextFree = _firstFree;
        _firstFree = slot;
    }

    public void Forget(EpollConnection connection)
    {
        if (connection.Slot >= 0) Remove(connection.Slot);
        else _stillborn.Remove(connection);
    }

    public static SocketName NameOf(int descriptor)
    {
        var name = stackalloc byte[SocketName.NativeBytesMax];
        uint length = SocketName.NativeBytesMax;
        return Libc.getsockname(descriptor, name, &length) < 0 ? default : SocketName.Read(new(name, (int)Math.Min(length, SocketName.NativeBytesMax)));
    }

    void IEpollTarget.Close()
    {
        lock (_wakeLock)
        {
            Libc.close(_wake);
            _wake = -1;
        }
    }

    public void Dispose()
    {
        if (_wake < 0) return;
        for (var slot = 0; slot < _placesUsed; slot++) _places[slot].Target?.Close();
        while (_stillborn.Count > 0) _stillborn[^1].Close();
        Libc.close(_epoll);
    }
}
