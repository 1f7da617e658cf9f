using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>
/// One end of a stream in a <see cref="Simulation"/>. Bytes taken from a sender travel as segments, arrive after drawn
/// delays but in order, and wait until they are received; a direction holds so many bytes and no more.
/// </summary>
internal sealed class SimulatedConnection : Connection
{
    private const int EndOfStream = 0;

    private const string PeerReset = "Connection reset by peer";

    /// <summary>How long a segment waits between two attempts to reach a machine that is cut off.</summary>
    internal const long RetransmitMicroseconds = 200_000;

    private readonly Queue<int> _segments = new();
    private SimulatedConnection? _other;
    private byte[] _ring = [];
    private readonly int _capacity;
    private int _head, _arrived, _held;
    private long _lastArrivalNanoseconds;
    private string? _error;
    private bool _established, _closed, _ended, _endSent, _silent, _watchReadable = true, _watchWritable;

    /// <param name="world">Null for the end of a test.</param>
    internal SimulatedConnection(SimulatedWorld? world, int id, EndPoint local, EndPoint remote, Simulation? simulation = null)
    {
        World = world;
        Simulation = world?.Simulation ?? simulation!;
        Id = id;
        LocalEndPoint = local;
        RemoteEndPoint = remote;
        _capacity = Simulation.Draw(Simulation.Conditions.PipeBytesMin, Simulation.Conditions.PipeBytesMax);
    }

    internal SimulatedWorld? World { get; }

    internal Simulation Simulation { get; }

    internal EndPoint LocalEndPoint { get; }

    internal EndPoint RemoteEndPoint { get; }

    /// <summary>Called instead of a network when the end is in the hands of a test.</summary>
    internal Action? Changed { get; set; }

    /// <summary>Where the network has it among the open ones; -1 when not there.</summary>
    internal int Place { get; set; } = -1;

    /// <summary>In the network's list of those to report.</summary>
    internal bool Queued { get; set; }

    internal bool CanRead => _established && (_arrived > 0 || _ended) || _error is not null;

    internal bool CanWrite => _established && Room >= RoomMin || _error is not null;

    internal bool IsReady => WatchReadable && CanRead || WatchWritable && CanWrite;

    internal bool HasEnded => _ended && _arrived == 0;

    public override int Id { get; }

    public override string RemoteAddress => SocketsEngine.Show(RemoteEndPoint);

    public override string LocalAddress => SocketsEngine.Show(LocalEndPoint);

    public override bool IsLoopback => RemoteEndPoint is UnixDomainSocketEndPoint || RemoteEndPoint is IPEndPoint ip && IPAddress.IsLoopback(ip.Address);

    public override bool IsEstablished => _established;

    public override string? Error => _error;

    public override bool IsClosed => _closed;

    public override bool WatchReadable
    {
        get => _watchReadable && !_closed;
        set
        {
            _watchReadable = value;
            Announce();
        }
    }

    public override bool WatchWritable
    {
        get => _watchWritable && !_closed;
        set
        {
            _watchWritable = value;
            Announce();
        }
    }

    /// <summary>Nobody dies of silence here but who watches the clock.</summary>
    public override void SetKeepAlive(int seconds)
    {
    }

    /// <summary>Connects two ends. The one accepted is established at once, the caller hears of it later.</summary>
    internal static void Join(SimulatedConnection caller, SimulatedConnection accepted)
    {
        (caller._other, accepted._other) = (accepted, caller);
        accepted._established = true;
        caller.Simulation.After(caller.Simulation.DrawDelay(), () =>
        {
            if (caller._closed || caller._error is not null) return;
            caller._established = true;
            caller.Announce();
        });
    }

    private int Room => _other is { _closed: false } other ? other._capacity - other._held : 1;

    /// <summary>
    /// A full pipe takes more when a quarter of it is free, as TCP does: otherwise, once cut into small segments, a stream
    /// would go on in these for ever (RFC 9293, 3.8.6.2, silly window syndrome).
    /// </summary>
    private int RoomMin => _other is { _closed: false } other ? Math.Max(1, other._capacity / 4) : 1;

    public override int Receive(Span<byte> destination)
    {
        Check.That(!destination.IsEmpty);
        if (_closed || _error is not null) return Failed;
        if (_arrived == 0) return _ended ? 0 : WouldBlock;
        var count = Shorten(Math.Min(_arrived, destination.Length));
        var first = Math.Min(count, _ring.Length - _head);
        _ring.AsSpan(_head, first).CopyTo(destination);
        _ring.AsSpan(0, count - first).CopyTo(destination[first..]);
        _head = (_head + count) % _ring.Length;
        _arrived -= count;
        _held -= count;
        Simulation.Note((ulong)count);
        _other?.Announce();
        return count;
    }

    public override int Send(ReadOnlySpan<byte> source)
    {
        Check.That(!source.IsEmpty);
        if (_closed || _error is not null) return Failed;
        if (!_established) return WouldBlock;
        if (_endSent) return FailNow("Broken pipe");
        var other = _other!;
        if (other._closed)
        {
            // As in TCP: the first send to an end that is gone is taken, and answered by a reset.
            other.SendReset(this);
            return source.Length;
        }
        var room = Room;
        if (room < Math.Min(source.Length, RoomMin)) return WouldBlock;
        var count = Shorten(Math.Min(room, source.Length));
        other.Put(source[..count]);
        other.PlanArrival(count);
        Simulation.Note((ulong)count);
        return count;
    }

    private int Shorten(int count) => Simulation.Happens(Simulation.Conditions.ShortTransfersPerMillion) ? Simulation.Draw(1, count) : count;

    private int FailNow(string error)
    {
        Fail(error);
        return Failed;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (_held + bytes.Length > _ring.Length) Grow(_held + bytes.Length);
        var tail = (_head + _held) % _ring.Length;
        var first = Math.Min(bytes.Length, _ring.Length - tail);
        bytes[..first].CopyTo(_ring.AsSpan(tail));
        bytes[first..].CopyTo(_ring);
        _held += bytes.Length;
    }

    private void Grow(int needed)
    {
        var ring = new byte[Math.Max(256, needed * 2)];
        var first = Math.Min(_held, _ring.Length - _head);
        _ring.AsSpan(_head, first).CopyTo(ring);
        _ring.AsSpan(0, _held - first).CopyTo(ring.AsSpan(first));
        (_ring, _head) = (ring, 0);
    }

    /// <param name="count">Bytes, or <see cref="EndOfStream"/>.</param>
    private void PlanArrival(int count)
    {
        _segments.Enqueue(count);
        var arrival = Math.Max(Simulation.NowNanoseconds + Simulation.DrawDelay() * 1000, _lastArrivalNanoseconds);
        _lastArrivalNanoseconds = arrival;
        Simulation.After((arrival - Simulation.NowNanoseconds) / 1000, Arrive);
    }

    /// <summary>One segment arrives: the oldest, however often it was held up.</summary>
    private void Arrive()
    {
        if (_closed || _error is not null || _silent) return;
        if (Simulation.Partitions.Separate(World, _other!.World))
        {
            Simulation.After(RetransmitMicroseconds, Arrive);
            return;
        }
        if (Simulation.Happens(Simulation.Conditions.ResetsPerMillion))
        {
            _other.Fail(PeerReset);
            Fail(PeerReset);
            return;
        }
        if (Simulation.Happens(Simulation.Conditions.SilencesPerMillion)) _silent = _other._silent = true;
        var count = _segments.Dequeue();
        if (count == EndOfStream) _ended = true;
        _arrived += count;
        Announce();
    }

    internal void Fail(string error)
    {
        if (_closed || _error is not null) return;
        _error = error;
        Simulation.Note((ulong)error.Length);
        Announce();
    }

    private void Announce()
    {
        if (Changed is not null) Changed();
        else World?.Network.NoteReady(this);
    }

    /// <summary>Sends no more; the peer reads the end after all that was sent.</summary>
    internal void CloseWrite()
    {
        if (_endSent || _closed) return;
        _endSent = true;
        if (_error is null && _other is { _closed: false } other) other.PlanArrival(EndOfStream);
    }

    public override void Close()
    {
        if (_closed) return;
        CloseWrite();
        Drop();
    }

    /// <summary>Closes such that the peer finds an error, and loses what it has not yet received.</summary>
    internal void Reset()
    {
        if (_closed) return;
        Drop();
        if (_other is not null) SendReset(_other);
    }

    private void SendReset(SimulatedConnection to) => Simulation.After(Simulation.DrawDelay(), () =>
    {
        if (_silent) return;
        if (Simulation.Partitions.Separate(World, to.World)) SendReset(to);
        else to.Fail(PeerReset);
    });

    private void Drop()
    {
        _closed = true;
        _ring = [];
        _head = _arrived = _held = 0;
        World?.Network.Forget(this);
        // Who was blocked by our full pipe may send now, and be answered by a reset.
        _other?.Announce();
    }
}
