using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carnelian.Tests;

/// <summary>
/// A backup is made while clients write and the disk takes its time, and when it is sealed, or at any moment before, the power fails. A server that is started from what the disk has kept of the backup has all that
/// was acknowledged before the seal was asked for, nothing that came after it, and nothing halved.
/// </summary>
internal sealed class BackupSimulation : IDisposable
{
    private const int Port = 6379, Writers = 3, TurnsMax = 20_000;

    /// <summary>Of a writer, so that a slow disk gets to an end.</summary>
    private const int OperationsMax = 200, UnansweredMax = 30;

    private readonly Random _chance;
    private readonly SimulatedWorld _world;
    private readonly bool _hasAppendOnly;
    private Server? _server;

    public BackupSimulation(int seed)
    {
        _chance = new Random(seed);
        _world = new SimulatedWorld((ulong)seed);
        _hasAppendOnly = seed % 2 == 0;
        var conditions = _world.Simulation.Conditions;
        conditions.DelayMicrosecondsMax = _chance.Next(2) == 0 ? 20 : 500;
        conditions.JobMicrosecondsMax = _chance.Next(2) == 0 ? 100 : 5000;
        conditions.BudgetStepsMax = _chance.Next(2, 40);
        var pace = _world.Disk.Pace;
        pace.BytesPerSecond = _chance.Next(3) switch { 0 => 0, 1 => 200_000, _ => 20_000_000 };
        pace.OperationMicrosecondsMax = _chance.Next(3) switch { 0 => 0, 1 => 300, _ => 10_000 };
        pace.SyncMicrosecondsMax = _chance.Next(3) switch { 0 => 1, 1 => 2000, _ => 60_000 };
        if (_chance.Next(4) == 0) _world.Disk.LinkError = DiskErrors.NotPermitted;
    }

    public Dictionary<string, long> Seen { get; } = [];

    public void Run()
    {
        Start(_hasAppendOnly, "appendonlydir");
        var writers = new NumberedWriter[Writers];
        for (var i = 0; i < Writers; i++) writers[i] = new(i, Connect(), 0, 0, 0);
        var operatorPeer = Connect();
        Write(writers, _chance.Next(60));
        Assert.That(Ask(operatorPeer, "START", writers), Is.EqualTo("+OK\r\n"));
        if (_chance.Next(5) == 0)
        {
            Write(writers, _chance.Next(40));
            EndWithoutSeal();
            return;
        }
        for (var turns = 0; _server!.Backups.State != BackupState.Incrementing; turns++)
        {
            Assert.That((turns < TurnsMax, _server.Backups.Error), Is.EqualTo((true, "")));
            Write(writers, 1);
        }
        Write(writers, _chance.Next(60));
        var least = Array.ConvertAll(writers, writer => writer.Acknowledged);
        Assert.That(Ask(operatorPeer, "SEAL", writers), Is.EqualTo("+OK\r\n"));
        var most = Array.ConvertAll(writers, writer => writer.Sent);
        if (_chance.Next(2) == 0) Write(writers, _chance.Next(30));
        End();
        Start(isOn: true, "backupdir");
        Load();
        var session = new DirectSession(_server!.Executor);
        for (var i = 0; i < Writers; i++) Count("operations", NumberedWriter.Find(session, i, least[i], most[i]));
        Count(_hasAppendOnly ? "sealed beside an append-only file" : "sealed without one");
    }

    /// <summary>The server starts as ever, with an append-only file or without, and says that the folder is to be cleared.</summary>
    private void EndWithoutSeal()
    {
        End();
        Start(_hasAppendOnly, "appendonlydir");
        Load();
        var isEmpty = _world.Disk.List("backupdir").Value is not { Length: > 0 };
        var reply = Ask(Connect(), "START", []);
        Assert.That(reply, isEmpty ? Is.EqualTo("+OK\r\n") : Does.StartWith("-ERR Backup directory"));
        Count(isEmpty ? "given up, nothing left" : "given up, something left");
    }

    private void Start(bool isOn, string folder)
    {
        var options = new ServerOptions { Bind = ["*"], Port = Port, Memory = new() { Checked = true, RangeBytesMax = 256L << 20 } };
        options.Keyspace.Databases = 2;
        var appendOnly = options.Persistence.AppendOnly;
        (appendOnly.IsOn, appendOnly.DirectoryName) = (isOn, folder);
        (appendOnly.BaseIsRdb, appendOnly.WritesChecksums, appendOnly.WritesTimestamps) = (_chance.Next(3) != 0, _chance.Next(3) == 0, _chance.Next(3) == 0);
        // What the disk did not get whole at the end of the server's own file is cut off.
        appendOnly.CorruptTailBytesMax = 1 << 20;
        (appendOnly.RewriteBytesMin, appendOnly.RewritePercent) = (_chance.Next(2) == 0 ? 2000 : 1 << 20, 50);
        _server = new Server(options, _world, NullLogger.Instance);
        Assert.That(_server.Start(), Is.Null);
        Load();
    }

    private void Load()
    {
        for (var turns = 0; !_server!.Startup.IsOver; turns++)
        {
            Assert.That((turns < TurnsMax, _server.Startup.Error), Is.EqualTo((true, (string?)null)));
            _server.Turn();
        }
    }

    /// <summary>Sends something now and then, and lets the server turn.</summary>
    private void Write(NumberedWriter[] writers, int steps)
    {
        for (; steps > 0; steps--)
        {
            if (writers.Length > 0 && _chance.Next(3) == 0) Send(writers[_chance.Next(Writers)]);
            for (var turns = _chance.Next(1, 8); turns > 0; turns--) _server!.Turn();
            foreach (var writer in writers)
            {
                writer.Receive(0);
                Assert.That(writer.Failure, Is.Null);
            }
        }
    }

    private void Send(NumberedWriter writer)
    {
        if (writer.Sent < OperationsMax && writer.Sent - writer.Acknowledged < UnansweredMax) writer.Send(_chance.Next(1, 12));
    }

    private string Ask(SimulatedPeer peer, string what, NumberedWriter[] writers)
    {
        peer.Send(RequestMaker.Encode(["BACKUP", what]));
        var received = new StringBuilder();
        for (var turns = 0; !received.ToString().EndsWith('\n'); turns++)
        {
            Assert.That(turns, Is.LessThan(TurnsMax), what);
            Write(writers, 1);
            received.Append(Encoding.Latin1.GetString(peer.TakeReceived()));
        }
        return received.ToString();
    }

    private void End()
    {
        for (var events = _chance.Next(40); events > 0; events--) _world.Simulation.RunNext();
        if (_chance.Next(4) == 0) _world.Kill();
        else _world.Crash();
        _server!.Dispose();
        _server = null;
    }

    private SimulatedPeer Connect() => _world.Network.ConnectPeer(new IPEndPoint(IPAddress.Loopback, Port));

    private void Count(string what, long times = 1) => Seen[what] = Seen.GetValueOrDefault(what) + times;

    public void Dispose()
    {
        // A job in the midst of its work holds what the server would wait for.
        _world.Kill();
        _server?.Dispose();
        _world.Dispose();
    }
}
