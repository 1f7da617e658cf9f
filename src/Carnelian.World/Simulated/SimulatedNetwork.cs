using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>
/// Streams between simulated machines, and between them and a test. A turn reports what is ready in an order drawn from
/// the seed and never blocks: with nothing ready it runs what is planned, at most for the time it may wait.
/// </summary>
public sealed class SimulatedNetwork : Network
{
    /// <summary>
    /// A loop that never waits takes time too: after so many turns a millisecond passes at most, or one that polls for
    /// a background job would poll for ever. Fewer leave the clock alone, so that tests can count on it.
    /// </summary>
    private const int BusyTurnsPerStep = 64;

    private const long BusyStepNanoseconds = 1_000_000;

    private const int FirstEphemeralPort = 49152, PortMax = 65535;

    private readonly SimulatedWorld _world;
    private readonly bool _movesTime;
    private readonly List<SimulatedConnection> _open = [];
    private readonly Queue<(SimulatedListener Listener, SimulatedConnection Connection)> _accepts = new();
    private List<SimulatedConnection> _ready = [];

    /// <summary>Those that the turn is still to report; a turn within it reports them too.</summary>
    private readonly Queue<SimulatedConnection> _reporting = new();
    private int _nextPort = FirstEphemeralPort, _nextId = 8;
    private int _busyTurns;
    private bool _woken;

    internal SimulatedNetwork(SimulatedWorld world, bool movesTime)
    {
        _world = world;
        _movesTime = movesTime;
    }

    internal Simulation Simulation => _world.Simulation;

    public override ListenResult Listen(ListenOptions options)
    {
        if (options.Address is not (IPEndPoint or UnixDomainSocketEndPoint))
            return new(null, "Address family not supported by protocol", ProtocolNotSupported: true);
        if (options.Address is IPEndPoint asked && !IsOwn(asked.Address)) return new(null, "Cannot assign requested address", AddressNotAvailable: true);
        var address = options.Address is IPEndPoint { Port: 0 } ip ? new IPEndPoint(ip.Address, NextPort()) : options.Address;
        foreach (var other in Simulation.Listeners)
            if (other.World == _world && other.Address.Equals(address)) return new(null, "Address already in use");
        var listener = new SimulatedListener(_world, options, address);
        Simulation.Listeners.Add(listener);
        return new(listener, null);
    }

    private bool IsOwn(IPAddress address) =>
        IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.Equals(_world.Address);

    public override Connection Connect(EndPoint remote, EndPoint? local = null)
    {
        var own = new IPEndPoint((local as IPEndPoint)?.Address ?? _world.Address, NextPort());
        var connection = new SimulatedConnection(_world, _nextId++, own, remote);
        Add(connection);
        connection.WatchWritable = true;
        SimulatedListener.Dial(connection, remote);
        return connection;
    }

    /// <summary>A client in the hands of the test: a local one, unless an address is given.</summary>
    public SimulatedPeer ConnectPeer(EndPoint remote, IPAddress? from = null) =>
        new(Simulation, new IPEndPoint(from ?? IPAddress.Loopback, NextPort()), remote);

    /// <summary>Literal addresses and <see cref="Simulation.HostNames"/>.</summary>
    public override IPAddress[] Resolve(string host) => Simulation.HostNames.GetValueOrDefault(host) ?? base.Resolve(host);

    private int NextPort()
    {
        if (_nextPort > PortMax) _nextPort = FirstEphemeralPort;
        return _nextPort++;
    }

    public override void Turn(INetworkHandler handler, int timeoutMilliseconds)
    {
        var until = timeoutMilliseconds < 0 ? long.MaxValue : Simulation.NowNanoseconds + timeoutMilliseconds * 1_000_000L;
        if (_movesTime) Wait(until, timeoutMilliseconds > 0);
        _woken = false;
        for (var left = _accepts.Count; left > 0 && _accepts.TryDequeue(out var next); left--) next.Listener.Accept(next.Connection, handler);
        var batch = _ready;
        _ready = [];
        Shuffle(batch);
        foreach (var connection in batch)
        {
            connection.Queued = false;
            _reporting.Enqueue(connection);
        }
        while (_reporting.TryDequeue(out var connection)) Report(connection, handler);
    }

    private void Wait(long until, bool toTheEnd)
    {
        var start = Simulation.NowNanoseconds;
        while (!HasWork() && Simulation.RunNext(until)) { }
        if (toTheEnd && !HasWork()) Simulation.MoveTo(until);
        _busyTurns = Simulation.NowNanoseconds == start ? _busyTurns + 1 : 0;
        if (_busyTurns < BusyTurnsPerStep) return;
        _busyTurns = 0;
        if (!Simulation.RunNext(start + BusyStepNanoseconds)) Simulation.MoveTo(start + BusyStepNanoseconds);
    }

    private bool HasWork()
    {
        _ready.RemoveAll(static c =>
        {
            if (c.IsReady) return false;
            c.Queued = false;
            return true;
        });
        return _woken || _ready.Count > 0 || _accepts.Count > 0;
    }

    private void Report(SimulatedConnection connection, INetworkHandler handler)
    {
        Simulation.Note((ulong)connection.Id);
        if (connection.WatchReadable && connection.CanRead) handler.OnReadable(connection);
        if (connection.WatchWritable && connection.CanWrite) handler.OnWritable(connection);
        NoteReady(connection);
    }

    private void Shuffle(List<SimulatedConnection> batch)
    {
        for (var i = batch.Count - 1; i > 0; i--)
        {
            var j = Simulation.Chance.Below(i + 1);
            (batch[i], batch[j]) = (batch[j], batch[i]);
        }
    }

    public override void Wake() => _woken = true;

    internal void NoteReady(SimulatedConnection connection)
    {
        if (connection.Queued || !connection.IsReady) return;
        connection.Queued = true;
        _ready.Add(connection);
    }

    internal void NoteAccept(SimulatedListener listener, SimulatedConnection connection) => _accepts.Enqueue((listener, connection));

    internal int NextId() => _nextId++;

    internal void Add(SimulatedConnection connection)
    {
        connection.Place = _open.Count;
        _open.Add(connection);
    }

    internal void Forget(SimulatedConnection connection)
    {
        if (connection.Place < 0) return;
        var last = _open[^1];
        _open[last.Place = connection.Place] = last;
        _open.RemoveAt(_open.Count - 1);
        connection.Place = -1;
    }

    /// <summary>What a machine's death means to those who talk with it.</summary>
    internal void ResetAll()
    {
        while (_open.Count > 0) _open[^1].Reset();
        Simulation.Listeners.RemoveAll(l => l.World == _world);
        foreach (var (_, connection) in _accepts) connection.Reset();
        _accepts.Clear();
        _ready.Clear();
        _reporting.Clear();
    }
}

/// <summary>A listening end point in a <see cref="Simulation"/>.</summary>
internal sealed class SimulatedListener(SimulatedWorld world, ListenOptions options, EndPoint address) : Listener
{
    private int _waiting;
    private bool _closed;

    public SimulatedWorld World => world;

    public override ListenOptions Options => options;

    public override EndPoint Address => address;

    /// <summary>Sends the request to connect on its way. With machines separated or a full backlog it is repeated, as SYN is.</summary>
    public static void Dial(SimulatedConnection caller, EndPoint remote)
    {
        var simulation = caller.Simulation;
        simulation.After(simulation.DrawDelay(), () =>
        {
            if (caller.IsClosed) return;
            var listener = Find(simulation, caller.World, remote);
            if (listener is null) caller.Fail("Connection refused");
            else if (listener.IsFull || simulation.Partitions.Separate(caller.World, listener.World))
                simulation.After(SimulatedConnection.RetransmitMicroseconds, () => Dial(caller, remote));
            else listener.Take(caller);
        });
    }

    private bool IsFull => _waiting >= Math.Max(1, options.Backlog);

    private static SimulatedListener? Find(Simulation simulation, SimulatedWorld? from, EndPoint remote)
    {
        foreach (var listener in simulation.Listeners)
            if (listener.Hears(from, remote)) return listener;
        return null;
    }

    private bool Hears(SimulatedWorld? from, EndPoint remote)
    {
        if (remote is not IPEndPoint wanted || address is not IPEndPoint bound) return address.Equals(remote) && (from is null || from == world);
        if (wanted.Port != bound.Port || wanted.AddressFamily != bound.AddressFamily) return false;
        var local = from is null || from == world;
        if (IPAddress.IsLoopback(wanted.Address)) return local && (IsAny(bound) || bound.Address.Equals(wanted.Address));
        return bound.Address.Equals(wanted.Address) || IsAny(bound) && world.Address.Equals(wanted.Address);
    }

    private static bool IsAny(IPEndPoint bound) => bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any);

    private void Take(SimulatedConnection caller)
    {
        var network = world.Network;
        var local = address is IPEndPoint ? caller.RemoteEndPoint : address;
        var connection = new SimulatedConnection(world, network.NextId(), local, address is IPEndPoint ? caller.LocalEndPoint : address);
        SimulatedConnection.Join(caller, connection);
        _waiting++;
        network.NoteAccept(this, connection);
    }

    public void Accept(SimulatedConnection connection, INetworkHandler handler)
    {
        _waiting--;
        if (_closed)
        {
            connection.Reset();
            return;
        }
        world.Network.Add(connection);
        handler.OnAccepted(connection, this);
        world.Network.NoteReady(connection);
    }

    public override void Close()
    {
        _closed = true;
        world.Simulation.Listeners.Remove(this);
    }
}
