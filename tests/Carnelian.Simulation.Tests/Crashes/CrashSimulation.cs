using System.Net;
using Microsoft.Extensions.Logging;

namespace Carnelian.Tests;

/// <summary>
/// A server that writes to a disk which takes its time, is left without power or killed at any moment, and started again with what the disk has kept. Clients
/// note what they were told, and everything they were promised must be there.
/// </summary>
internal sealed class CrashSimulation : IDisposable
{
    private const int Port = 6379, Writers = 3, LivesMax = 4, LoadTurnsMax = 200_000, PolicyMs = 2000;

    private readonly Random _chance;
    private readonly SimulatedWorld _world;
    private readonly SyncPolicy _policy;
    private readonly bool _stalls;

    /// <summary>A file that does not end as it should is refused, and repaired by check-aof.</summary>
    private readonly bool _refuses;

    private readonly LogLines _log = new();

    /// <summary>What happened, for who reads of a failure.</summary>
    private readonly List<string> _story = [];

    private readonly List<SimulatedPeer> _peers = [];
    private readonly long[] _least = new long[Writers], _most = new long[Writers], _present = new long[Writers];
    private Server? _server;

    /// <summary>The append-only file is off, or waits for its first base: what is written is not promised.</summary>
    private bool _isUnpromised;

    /// <summary>It was seen off since it was to be switched off.</summary>
    private bool _wasOff;

    private bool _wasKilled;

    /// <summary>The disk stood still for longer than a moment.</summary>
    private bool _hasStalled;

    public CrashSimulation(int seed)
    {
        _chance = new Random(seed);
        _world = new SimulatedWorld((ulong)seed);
        _policy = (seed % 2) switch { 0 => SyncPolicy.Always, _ => SyncPolicy.EverySecond };
        var conditions = _world.Simulation.Conditions;
        conditions.DelayMicrosecondsMax = _chance.Next(2) == 0 ? 20 : 500;
        conditions.JobMicrosecondsMax = _chance.Next(2) == 0 ? 100 : 5000;
        conditions.BudgetStepsMax = _chance.Next(2, 40);
        var pace = _world.Disk.Pace;
        pace.BytesPerSecond = _chance.Next(3) switch { 0 => 0, 1 => 200_000, _ => 20_000_000 };
        pace.OperationMicrosecondsMax = _chance.Next(3) switch { 0 => 0, 1 => 300, _ => 10_000 };
        _stalls = _chance.Next(3) == 0;
        _refuses = seed % 5 == 3;
        pace.SyncMicrosecondsMax = _chance.Next(3) switch { 0 => 1, 1 => 2000, _ => 60_000 };
    }

    public Dictionary<string, long> Seen { get; } = [];

    public void Run()
    {
        try
        {
            RunLives();
        }
        catch (Exception e)
        {
            throw new AssertionException($"{e.Message}\n{string.Join('\n', _story)}", e);
        }
    }

    private void RunLives()
    {
        for (var life = _chance.Next(2, LivesMax + 1); life > 0; life--)
        {
            if (Start()) Live();
            End();
        }
        Start();
        End();
    }

    /// <summary>Starts the server, behind the repair that its log may ask for, and looks at what it has.</summary>
    /// <returns>False when it was ended while it loaded.</returns>
    private bool Start()
    {
        var options = Options();
        var ended = _chance.Next(8) == 0 ? _chance.Next(1, 20) : int.MaxValue;
        if (!TryLoad(options, ended))
        {
            Repair();
            if (!TryLoad(options, ended)) throw new AssertionException($"the server does not start behind its repair: {_server!.Startup.Error}\n{_log}");
        }
        if (_server!.Loading.IsOn || !_server.Startup.IsOver) return false;
        Look();
        return true;
    }

    private ServerOptions Options()
    {
        var options = new ServerOptions { Bind = ["*"], Port = Port, Memory = new() { Checked = true, RangeBytesMax = 256L << 20 } };
        options.Keyspace.Databases = 2;
        var appendOnly = options.Persistence.AppendOnly;
        appendOnly.IsOn = true;
        appendOnly.Policy = _policy;
        appendOnly.RewriteBytesMin = _chance.Next(2) == 0 ? 2000 : 1 << 20;
        appendOnly.RewritePercent = 50;
        appendOnly.BaseIsRdb = _chance.Next(3) != 0;
        // Sectors that are missing among later ones make a tail that is no commands; without this the server says so, and what to run.
        appendOnly.CorruptTailBytesMax = _refuses ? 0 : 1 << 20;
        appendOnly.LoadsTruncated = !_refuses;
        appendOnly.WritesChecksums = _chance.Next(3) == 0;
        appendOnly.WritesTimestamps = _chance.Next(3) == 0;
        return options;
    }

    /// <summary>Starts the server, and ends it after so many turns, before it has loaded all.</summary>
    /// <returns>False when it says that something is wrong with its files.</returns>
    private bool TryLoad(ServerOptions options, int turnsMax)
    {
        // As an operator does behind a backup that a crash has ended.
        foreach (var name in _world.Disk.List("backupdir").Value ?? []) _world.Disk.Delete($"backupdir/{name}");
        _log.Clear();
        _server = new Server(options, _world, _log);
        if (_server.Start() is { } refusal) throw new AssertionException($"the server does not start: {refusal}\n{_log}");
        for (var turns = 0; _server.Loading.IsOn || !_server.Startup.IsOver; turns++)
        {
            if (_server.StopRequested) return false;
            if (turns == turnsMax) return true;
            Assert.That(turns, Is.LessThan(LoadTurnsMax), "loading ends");
            _server.Turn();
        }
        return _server.Startup.Error is null;
    }

    /// <summary>Does what the log says.</summary>
    private void Repair()
    {
        var error = _server!.Startup.Error;
        if (!_refuses || !_log.ToString().Contains("use ./redis-check-aof --fix <filename.manifest>", StringComparison.Ordinal)) throw new AssertionException($"the server does not start: {error}\n{_log}");
        _server.Dispose();
        using MemoryStream said = new(), answer = new("y\n"u8.ToArray());
        Assert.That(CheckAof.Run(new(_world, "carnelian check-aof", said, said, answer), ["--fix", "appendonlydir/appendonly.aof.manifest"]), Is.Zero, () => ByteText.FromBytes(said.ToArray()));
        _story.Add(ByteText.FromBytes(said.ToArray()));
        Count("repaired");
    }

    private void Look()
    {
        var session = new DirectSession(_server!.Executor);
        for (var client = 0; client < Writers; client++)
        {
            var found = NumberedWriter.Find(session, client, _least[client], _most[client]);
            if (found < _most[client]) Count("lost", _most[client] - found);
            _present[client] = found;
        }
    }

    /// <summary>Writes, until the power is cut.</summary>
    private void Live()
    {
        var writers = new NumberedWriter[Writers];
        // What the power's end has left is on the disk; what a dead process wrote may still be on its way there.
        for (var i = 0; i < Writers && !_wasKilled; i++) _least[i] = _present[i];
        for (var i = 0; i < Writers; i++) writers[i] = new(i, Connect(), _present[i], _least[i], NowMs);
        var disturber = Connect();
        _isUnpromised = _hasStalled = false;
        for (var steps = _chance.Next(1, 120); steps > 0; steps--)
        {
            if (_chance.Next(3) == 0) writers[_chance.Next(Writers)].Send(_chance.Next(1, 12));
            if (_chance.Next(25) == 0) Disturb(disturber, writers);
            for (var turns = _chance.Next(1, 12); turns > 0; turns--)
            {
                _server!.Turn();
                // At once, so that what is known since then is not taken for known since later.
                foreach (var writer in writers) writer.Receive(NowMs);
            }
            if (_chance.Next(10) == 0) _world.Disk.Pace.Stall(_chance.Next(1, 300));
            if (_stalls && _chance.Next(30) == 0)
            {
                _world.Disk.Pace.Stall(_chance.Next(300, 6000));
                _hasStalled = true;
            }
            var appendOnly = _server!.AppendOnly;
            _wasOff |= appendOnly.State != AppendOnlyState.On;
            if (_isUnpromised && _wasOff && appendOnly.State == AppendOnlyState.On && appendOnly.SafeOffset >= _server.Keyspace.Changes.Offset) _isUnpromised = false;
        }
        // To a moment between any two things that happen; the time that passes now passes without the server, which can keep no promise in it.
        var turnedMs = NowMs;
        for (var events = _chance.Next(40); events > 0; events--) _world.Simulation.RunNext();
        Promise(writers, turnedMs);
        for (var i = 0; i < Writers; i++)
        {
            if (writers[i].Failure is { } failure) throw new AssertionException($"client {i} was refused: {failure}\n{_log}");
            _most[i] = writers[i].Sent;
            Count("acknowledged", writers[i].Acknowledged - _present[i]);
        }
        Count("rewrites", _server!.AppendOnly.Rewrites.Count);
        if (_server.Backups.StartedSeconds != 0) Count("backups");
        var file = _server.AppendOnly;
        _story.Add($"{NowMs} ms, {_policy}: sent {string.Join(' ', _most)}, to last {string.Join(' ', _least)}, acknowledged {string.Join(' ', writers.Select(writer => $"{writer.Acknowledged} by {writer.LastMs}"))}; "
            + $"file {file.State}, safe up to {file.SafeOffset} of {_server.Keyspace.Changes.Offset}, {file.PendingBytes} bytes under way, stalled {_hasStalled}, unpromised {_isUnpromised}");
        _story.Add(_log.ToString());
    }

    /// <summary>
    /// Notes what must last from here on. Without a sync after each write it is all but that of two seconds; where the disk stood still, the two seconds before
    /// the last that was acknowledged.
    /// </summary>
    private void Promise(NumberedWriter[] writers, long nowMs)
    {
        var sinceMs = (_hasStalled ? Math.Min(nowMs, writers.Max(writer => writer.LastMs)) : nowMs) - PolicyMs;
        for (var i = 0; i < Writers && !_isUnpromised; i++)
        {
            writers[i].Receive(NowMs);
            var promised = _policy == SyncPolicy.Always ? writers[i].Promised : writers[i].PromisedAt(sinceMs);
            _least[i] = Math.Max(_least[i], promised);
        }
    }

    private void Disturb(SimulatedPeer peer, NumberedWriter[] writers)
    {
        switch (_chance.Next(14))
        {
            case >= 10: peer.Send(RequestMaker.Encode(["BACKUP", _chance.Next(8) switch { < 3 => "START", < 5 => "SEAL", 5 => "ABORT", _ => "CLEANUP" }])); break;
            case < 3: peer.Send(RequestMaker.Encode(["BGREWRITEAOF"])); break;
            case < 5: peer.Send(RequestMaker.Encode(["BGSAVE", "SCHEDULE"])); break;
            case 6 when _server!.AppendOnly.State == AppendOnlyState.On:
                Promise(writers, NowMs);
                (_isUnpromised, _wasOff) = (true, false);
                Count("switched off");
                peer.Send(RequestMaker.Encode(["CONFIG", "SET", "appendonly", "no"]));
                break;
            case < 9: peer.Send(RequestMaker.Encode(["CONFIG", "SET", "appendonly", "yes"])); break;
            default: peer.Send(RequestMaker.Encode(["CONFIG", "SET", "aof-use-rdb-preamble", _chance.Next(2) == 0 ? "yes" : "no"])); break;
        }
    }

    private void End()
    {
        _wasKilled = _chance.Next(4) == 0;
        if (_wasKilled)
        {
            Count("killed");
            _world.Kill();
        }
        else
        {
            Count("power lost");
            _world.Crash();
        }
        _server!.Dispose();
        _server = null;
        // One that had not reached the dead server would reach the next.
        foreach (var peer in _peers) peer.Reset();
        _peers.Clear();
        foreach (var folder in new[] { ".", "appendonlydir", "backupdir" })
            foreach (var name in _world.Disk.List(folder).Value ?? []) _story.Add($"{(_wasKilled ? "killed" : "power lost")}, left: {folder}/{name} {_world.Disk.ReadAll($"{folder}/{name}").Value?.Length}");
    }

    private long NowMs => _world.Clock.MonotonicNanoseconds / 1_000_000;

    private SimulatedPeer Connect()
    {
        var peer = _world.Network.ConnectPeer(new IPEndPoint(IPAddress.Loopback, Port));
        _peers.Add(peer);
        return peer;
    }

    private void Count(string what, long times = 1)
    {
        if (times > 0) Seen[what] = Seen.GetValueOrDefault(what) + times;
    }

    public void Dispose()
    {
        _server?.Dispose();
        _world.Dispose();
    }

    /// <summary>The log of the present life.</summary>
    private sealed class LogLines : ILogger
    {
        private readonly List<string> _lines = [];

        public void Clear() => _lines.Clear();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Add($"{logLevel}: {formatter(state, exception)}");

        public override string ToString() => string.Join('\n', _lines);
    }
}
