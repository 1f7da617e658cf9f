using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carnelian.Tests;

/// <summary>
/// A server and a few clients in a world where everything that can go wrong with networks and clocks does, decided by a
/// seed. A gate behind all others sees each request when it is run, so that the model learns the order and the moment
/// that the server chose, and every reply can be compared.
/// </summary>
internal sealed class ServerSimulation : IDisposable
{
    private const int Port = 6379, Databases = 4, DrainTurnsMax = 20_000;

    private readonly Random _chance;
    private readonly SimulatedWorld _world;
    private readonly Server _server;
    private readonly RequestMaker _requests;
    private readonly KeyspaceModel _model = new(Databases);
    private readonly Dictionary<string, SimulatedClient> _clients = [];
    private readonly bool _hasPassword;

    /// <param name="isApart">The lane might be on another thread: time passes between receiving, running and sending.</param>
    public ServerSimulation(int seed, bool isApart)
    {
        _chance = new Random(seed);
        _world = new SimulatedWorld((ulong)seed);
        SetConditions(_world.Simulation.Conditions);
        if (isApart) _world.Simulation.Conditions.HandOverMicrosecondsMax = _chance.Next(3) switch { 0 => 1, 1 => 50, _ => 5000 };
        // Through narrow pipes small things only: the time of a seed goes with the number of segments.
        _requests = new RequestMaker(_chance, valueBytesMax: _world.Simulation.Conditions.PipeBytesMin * 2);
        _hasPassword = _chance.Next(8) == 0;
        var options = new ServerOptions
        {
            Bind = ["*"],
            Port = Port,
            MaxClients = _chance.Next(3, 10),
            Password = _hasPassword ? "secret"u8.ToArray() : null,
            Memory = new AllocatorOptions { Checked = true, RangeBytesMax = 256L << 20 },
        };
        options.Keyspace.Databases = Databases;
        if (_chance.Next(4) == 0) options.OutputBufferLimits[0] = new(1UL << 20, 1UL << 16, 2);
        _server = new Server(options, _world, NullLogger.Instance);
        NUnit.Framework.Assert.That(_server.Start(), Is.Null);
        _server.Keyspace.Attach(new ExpiryListener(this));
        _server.Executor.AddGate(new Recorder(this));
        _server.Executor.ClosedGates |= Gates.Queueing;
    }

    /// <summary>A hash over all that happened: equal for equal seeds.</summary>
    public ulong Trace => _world.Simulation.Trace;

    private void SetConditions(SimulatedConditions conditions)
    {
        conditions.DelayMicrosecondsMax = _chance.Next(3) switch { 0 => 20, 1 => 500, _ => 20_000 };
        conditions.PipeBytesMin = _chance.Next(2) == 0 ? 256 : 4096;
        conditions.PipeBytesMax = conditions.PipeBytesMin * _chance.Next(1, 16);
        conditions.ShortTransfersPerMillion = _chance.Next(3) * 300_000;
        conditions.ResetsPerMillion = _chance.Next(3) == 0 ? 2000 : 0;
        conditions.BudgetStepsMax = _chance.Next(1, 64);
    }

    public void Run()
    {
        for (var steps = _chance.Next(20, 60); steps > 0 && !_server.StopRequested; steps--) Step();
        Heal();
        Drain();
        foreach (var client in _clients.Values) client.Check();
    }

    private void Step()
    {
        switch (_chance.Next(20))
        {
            case 0 or 1:
                Connect();
                break;
            case < 10:
                if (Some() is { } sender) SendSome(sender);
                break;
            case 10:
                if (Some() is { } slow) slow.Peer.Paused = !slow.Peer.Paused;
                break;
            case 11:
                if (_chance.Next(4) == 0 && Some() is { } leaving) Leave(leaving);
                break;
            case 12:
                // Often to the very millisecond at which a key lives or not: what has arrived meanwhile is run then.
                var toExpiryMs = _model.NextExpiryMs(_server.NowMs) - _server.NowMs;
                _world.Advance(toExpiryMs is { } wait and < 3000 && _chance.Next(4) > 0 ? wait + _chance.Next(2) : _chance.Next(1, 3000));
                break;
            case 13:
                _world.ClockSkewMicroseconds += _chance.Next(-3_000_000, 3_000_000);
                break;
            case 14:
                if (_chance.Next(30) == 0 && Some() is { SendsNoMore: false } last)
                {
                    last.Peer.Send(RequestMaker.Encode(["SHUTDOWN"]));
                    last.Expect(new([], ["SHUTDOWN"]));
                    last.SendsNoMore = true;
                }
                break;
            default:
                for (var turns = _chance.Next(1, 10); turns > 0 && !_server.StopRequested; turns--) _server.Turn();
                break;
        }
    }

    private SimulatedClient? Some() => _clients.Count == 0 ? null : _clients.Values.ElementAt(_chance.Next(_clients.Count));

    private void Connect()
    {
        var client = new SimulatedClient(_world.Network.ConnectPeer(new IPEndPoint(IPAddress.Loopback, Port)));
        _clients.Add(client.Peer.LocalAddress, client);
        if (!_hasPassword) return;
        if (_chance.Next(3) == 0) Send(client, new(RequestMaker.Encode(["GET", "k1"]), ["GET"], "-NOAUTH Authentication required.\r\n"));
        Send(client, new(RequestMaker.Encode(["AUTH", "secret"]), ["AUTH", "secret"]));
    }

    private void SendSome(SimulatedClient client)
    {
        for (var count = _chance.Next(6) == 0 ? _chance.Next(1, 60) : _chance.Next(1, 6); count > 0 && !client.SendsNoMore; count--) Send(client, _requests.Next());
    }

    private void Send(SimulatedClient client, MadeRequest request)
    {
        client.Expect(request);
        if (request.EndsConnection) client.SendsNoMore = true;
        var bytes = request.Bytes.AsSpan();
        // In pieces, so that segments end anywhere.
        for (; _chance.Next(4) == 0 && bytes.Length > 1;)
        {
            var piece = _chance.Next(1, bytes.Length);
            client.Peer.Send(bytes[..piece]);
            bytes = bytes[piece..];
        }
        client.Peer.Send(bytes);
    }

    private void Leave(SimulatedClient client)
    {
        client.SendsNoMore = true;
        switch (_chance.Next(3))
        {
            case 0:
                client.HasLeft = true;
                client.Peer.Reset();
                break;
            case 1:
                client.HasLeft = true;
                client.Peer.Close();
                break;
            default:
                client.Peer.CloseWrite();
                break;
        }
    }

    private void Heal()
    {
        _world.Simulation.Conditions.ResetsPerMillion = 0;
        foreach (var client in _clients.Values) client.Peer.Paused = false;
    }

    /// <summary>Whoever is still connected must be answered everything.</summary>
    private void Drain()
    {
        for (var turns = 0; !_server.StopRequested; turns++)
        {
            if (_clients.Values.All(client => client.IsClosed || client.HasLeft || client.IsDone())) return;
            if (turns == DrainTurnsMax) throw new AssertionException($"not all is answered: {string.Join("; ", _clients.Values.Where(client => !client.IsClosed && !client.HasLeft && !client.IsDone()))}");
            _server.Turn();
        }
    }

    /// <summary>Fails when the server leaks a block.</summary>
    public void Dispose()
    {
        _server.Dispose();
        _world.Dispose();
    }

    private sealed class ExpiryListener(ServerSimulation simulation) : IKeyspaceListener
    {
        public KeyspaceEventClass Wants => KeyspaceEventClass.Expired;

        public bool WantsModified => false;

        public void OnModified(Author author, Database database, Key key)
        {
        }

        public void OnFlushing(Database? database)
        {
        }

        public void OnSwapping(Database one, Database other)
        {
        }

        public void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key) =>
            simulation._model.OnExpired(database.Number, Encoding.Latin1.GetString(key.Bytes), simulation._server.Keyspace.NowMs);
    }

    private sealed class Recorder(ServerSimulation simulation) : Gate(Gates.Queueing)
    {
        public override GateAnswer Ask(ref Call call)
        {
            var arguments = new string[call.Args.Count];
            for (var i = 0; i < arguments.Length; i++) arguments[i] = Encoding.Latin1.GetString(call.Args[i]);
            simulation._clients[call.Session.Address].OnRun(arguments, simulation._model, call.NowMs);
            return GateAnswer.Admitted;
        }
    }
}
